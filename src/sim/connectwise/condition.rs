//! The language of conditions (wire section 4), read into an expression. It knows its grammar and no records.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use super::member::moment;
use crate::assumptions::{CwConditionOrder, CwTextEscapes};

/// Parentheses within parentheses.
const DEEPEST: usize = 20;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Leaf(Leaf),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// As it was written.
    pub(super) name: String,
    pub(super) negated: bool,
    pub(super) operator: Operator,
    /// One, or more after `in`.
    pub(super) values: Vec<Literal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Other,
    Below,
    AtMost,
    Above,
    AtLeast,
    Contains,
    Like,
    In,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(Decimal),
    Flag(bool),
    Moment(NaiveDateTime),
    Null,
}

/// How the grammar is read where it is only assumed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grammar {
    pub(super) order: CwConditionOrder,
    pub(super) escapes: CwTextEscapes,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name, a word of the language or a number.
    Word(String),
    Value(Literal),
    Operator(Operator),
    Open,
    Close,
    Comma,
}

/// Reads a condition; an empty text has none.
pub(super) fn parse(text: &str, grammar: Grammar) -> Result<Option<Expression>, String> {
    let tokens = tokens(text, grammar.escapes)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: &tokens, at: 0, order: grammar.order };
    let expression = parser.expression(DEEPEST)?;
    match parser.peek() {
        None => Ok(Some(expression)),
        Some(token) => Err(format!("{token:?} is not expected in the conditions.")),
    }
}

fn tokens(text: &str, escapes: CwTextEscapes) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        let next = letters.get(at + 1);
        let (token, length) = match (letter, next) {
            (letter, _) if letter.is_whitespace() => {
                at += 1;
                continue;
            }
            ('(', _) => (Token::Open, 1),
            (')', _) => (Token::Close, 1),
            (',', _) => (Token::Comma, 1),
            ('!', Some('=')) => (Token::Operator(Operator::Other), 2),
            ('<', Some('=')) => (Token::Operator(Operator::AtMost), 2),
            ('>', Some('=')) => (Token::Operator(Operator::AtLeast), 2),
            ('<', _) => (Token::Operator(Operator::Below), 1),
            ('>', _) => (Token::Operator(Operator::Above), 1),
            ('=', _) => (Token::Operator(Operator::Equal), 1),
            ('"' | '\'', _) => quoted(&letters[at..], escapes)?,
            ('[', _) => bracketed(&letters[at..])?,
            _ => word(&letters[at..])?,
        };
        found.push(token);
        at += length;
    }
    Ok(found)
}

/// A text up to its quote, and how many letters it took.
fn quoted(letters: &[char], escapes: CwTextEscapes) -> Result<(Token, usize), String> {
    let quote = letters[0];
    let mut text = String::new();
    let mut at = 1;
    while let Some(letter) = letters.get(at) {
        let next = letters.get(at + 1);
        let escaped = next.filter(|next| matches!(**next, '"' | '\'' | '\\'));
        match (letter, escaped) {
            ('\\', Some(next)) if escapes == CwTextEscapes::All => {
                text.push(*next);
                at += 2;
            }
            (letter, _) if *letter == quote && next == Some(&quote) => {
                text.push(quote);
                at += 2;
            }
            (letter, _) if *letter == quote => {
                return Ok((Token::Value(Literal::Text(text)), at + 1));
            }
            ('[', _) if next == Some(&'[') && letters.get(at + 2) == Some(&']') => {
                text.push('[');
                at += 3;
            }
            (letter, _) => {
                text.push(*letter);
                at += 1;
            }
        }
    }
    Err("A text in the conditions is not closed.".to_owned())
}

fn bracketed(letters: &[char]) -> Result<(Token, usize), String> {
    let end = letters.iter().position(|letter| *letter == ']');
    let text = end.map(|end| letters[1..end].iter().collect::<String>());
    let at = text.as_deref().and_then(moment);
    match (at, end) {
        (Some(at), Some(end)) => Ok((Token::Value(Literal::Moment(at)), end + 1)),
        _ => Err("String was not recognized as a valid DateTime.".to_owned()),
    }
}

fn word(letters: &[char]) -> Result<(Token, usize), String> {
    let in_word = |letter: &&char| letter.is_alphanumeric() || "_/.-+".contains(**letter);
    let word: String = letters.iter().take_while(in_word).collect();
    if word.is_empty() {
        return Err(format!("{} is not expected in the conditions.", letters[0]));
    }
    let length = word.chars().count();
    Ok((Token::Word(word), length))
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    order: CwConditionOrder,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.peek().cloned();
        self.at += 1;
        token.ok_or_else(|| "The conditions end too early.".to_owned())
    }

    /// Whether the next token is this word of the language, which is then past.
    fn takes(&mut self, word: &str) -> bool {
        let is =
            matches!(self.peek(), Some(Token::Word(there)) if there.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        match self.order {
            CwConditionOrder::AndFirst => {
                let mut any = vec![self.conjunction(depth)?];
                while self.takes("or") {
                    any.push(self.conjunction(depth)?);
                }
                Ok(single(any, Expression::Any))
            }
            CwConditionOrder::LeftToRight => {
                let mut left = self.term(depth)?;
                loop {
                    if self.takes("or") {
                        left = Expression::Any(vec![left, self.term(depth)?]);
                    } else if self.takes("and") {
                        left = Expression::All(vec![left, self.term(depth)?]);
                    } else {
                        return Ok(left);
                    }
                }
            }
        }
    }

    fn conjunction(&mut self, depth: usize) -> Result<Expression, String> {
        let mut all = vec![self.term(depth)?];
        while self.takes("and") {
            all.push(self.term(depth)?);
        }
        Ok(single(all, Expression::All))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, String> {
        if self.peek() == Some(&Token::Open) {
            if depth == 0 {
                return Err("The conditions are nested too deeply.".to_owned());
            }
            self.at += 1;
            let inner = self.expression(depth - 1)?;
            return match self.next()? {
                Token::Close => Ok(inner),
                token => Err(format!("{token:?} is not expected in the conditions.")),
            };
        }
        self.leaf().map(Expression::Leaf)
    }

    fn leaf(&mut self) -> Result<Leaf, String> {
        let mut negated = self.takes("not");
        let name = match self.next()? {
            Token::Word(name) => name,
            token => return Err(format!("{token:?} is not expected in the conditions.")),
        };
        negated ^= self.takes("not");
        let operator = match self.next()? {
            Token::Operator(operator) => operator,
            Token::Word(word) => word_operator(&word)?,
            token => return Err(format!("{token:?} is no operator.")),
        };
        let values = if operator == Operator::In { self.list()? } else { vec![self.value()?] };
        Ok(Leaf { name, negated, operator, values })
    }

    fn list(&mut self) -> Result<Vec<Literal>, String> {
        if self.next()? != Token::Open {
            return Err("in needs a list of values.".to_owned());
        }
        let mut values = vec![self.value()?];
        loop {
            match self.next()? {
                Token::Comma => values.push(self.value()?),
                Token::Close => return Ok(values),
                token => return Err(format!("{token:?} is not expected in a list.")),
            }
        }
    }

    fn value(&mut self) -> Result<Literal, String> {
        match self.next()? {
            Token::Value(value) => Ok(value),
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "true" => Ok(Literal::Flag(true)),
                "false" => Ok(Literal::Flag(false)),
                "null" => Ok(Literal::Null),
                number => number
                    .parse()
                    .map(Literal::Number)
                    .map_err(|_| format!("{word} is no value; texts need quotes.")),
            },
            token => Err(format!("{token:?} is no value.")),
        }
    }
}

fn single(mut parts: Vec<Expression>, group: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.remove(0) } else { group(parts) }
}

fn word_operator(word: &str) -> Result<Operator, String> {
    match word.to_ascii_lowercase().as_str() {
        "contains" => Ok(Operator::Contains),
        "like" => Ok(Operator::Like),
        "in" => Ok(Operator::In),
        _ => Err(format!("{word} is no operator.")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> Result<Option<Expression>, String> {
        let grammar = Grammar { order: CwConditionOrder::AndFirst, escapes: CwTextEscapes::All };
        parse(text, grammar)
    }

    fn leaf(text: &str) -> Leaf {
        match read(text).unwrap() {
            Some(Expression::Leaf(leaf)) => leaf,
            other => panic!("{other:?}"),
        }
    }

    #[rstest]
    #[case(r#"name="O\"Brien""#, "O\"Brien")]
    #[case(r#"name="O""Brien""#, "O\"Brien")]
    #[case(r"name='O\'Brien'", "O'Brien")]
    #[case(r"name='O''Brien'", "O'Brien")]
    #[case(r#"name="back\\slash""#, "back\\slash")]
    #[case(r#"name="a [[] b""#, "a [ b")]
    fn a_quote_in_a_text_may_be_escaped_in_three_ways(#[case] text: &str, #[case] meant: &str) {
        assert_eq!(leaf(text).values, [Literal::Text(meant.to_owned())]);
    }

    #[test]
    fn and_binds_tighter_than_or_unless_all_is_read_from_the_left() {
        let text = "id=1 or id=2 and id=3";
        assert!(matches!(read(text), Ok(Some(Expression::Any(parts))) if parts.len() == 2));
        let grammar = Grammar { order: CwConditionOrder::LeftToRight, escapes: CwTextEscapes::All };
        assert!(matches!(parse(text, grammar), Ok(Some(Expression::All(_)))));
    }

    #[rstest]
    #[case("id not in (1, 2,3)", true, Operator::In)]
    #[case("not name like \"A*\"", true, Operator::Like)]
    #[case("NAME Contains 'x'", false, Operator::Contains)]
    #[case("lastUpdated > [2016-08-20T18:04:26Z]", false, Operator::Above)]
    #[case("company/id != null", false, Operator::Other)]
    #[case("deletedFlag = False", false, Operator::Equal)]
    #[case("price <= -1.5", false, Operator::AtMost)]
    fn the_grammar_is_read(#[case] text: &str, #[case] negated: bool, #[case] operator: Operator) {
        let leaf = leaf(text);
        assert_eq!((leaf.negated, leaf.operator), (negated, operator));
    }

    #[rstest]
    #[case("name=Contoso")]
    #[case("name=\"open")]
    #[case("id in 1")]
    #[case("id=1 id=2")]
    #[case("(id=1")]
    #[case("lastUpdated>[yesterday]")]
    #[case("id ~ 1")]
    fn what_is_not_of_the_grammar_is_refused(#[case] text: &str) {
        assert!(read(text).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[a-z(),'\"\\\\\\[\\] =<>!*0-9.]{0,60}") {
            let _ = read(&text);
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = format!("{}id=1{}", "(".repeat(1_000), ")".repeat(1_000));
        assert!(read(&text).is_err());
    }
}
