//! The font: how wide words are, where lines break, and what is drawn for a character that the font lacks.
//!
//! There is no shaper. Each character is one letter of the font, one after the other: right for Latin, Greek and Cyrillic, whose
//! letters with marks are one character each once they are composed.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_normalization::UnicodeNormalization;

use super::PdfError;

static REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");

/// Drawn for what the font lacks: a reader sees that something is there. The font has it, as a test makes sure.
const REPLACEMENT: char = '\u{fffd}';
const ELLIPSIS: char = '…';

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

struct Face {
    font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

impl Face {
    fn new(data: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(data.into(), 0).ok_or(PdfError::Font)?;
        let reference = skrifa::FontRef::new(data).map_err(|_| PdfError::Font)?;
        Ok(Self {
            units_per_em: font.units_per_em(),
            font,
            charmap: reference.charmap(),
            metrics: reference.glyph_metrics(Size::unscaled(), LocationRef::default()),
        })
    }

    /// The letter for a character, and its advance in em.
    fn letter(&self, character: char) -> Option<(skrifa::GlyphId, f32)> {
        let letter = self.charmap.map(character)?;
        Some((letter, self.metrics.advance_width(letter)? / self.units_per_em))
    }
}

/// Words that fit on one line, ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) weight: Weight,
    pub(super) size_pt: f32,
    pub(super) width_pt: f32,
}

/// The font in its two weights.
pub(super) struct Letters {
    regular: Face,
    bold: Face,
}

impl Letters {
    pub(super) fn new() -> Result<Self, PdfError> {
        Ok(Self { regular: Face::new(REGULAR)?, bold: Face::new(BOLD)? })
    }

    pub(super) const fn font(&self, weight: Weight) -> &Font {
        &self.face(weight).font
    }

    const fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// One line of text, however long.
    pub(super) fn run(&self, text: &str, weight: Weight, size_pt: f32) -> Run {
        self.clean_run(&self.clean(text), weight, size_pt)
    }

    /// Text on at most `most` lines of `width_pt`. What doesn't fit is cut, and an ellipsis tells so.
    pub(super) fn lines(&self, text: &str, weight: Weight, size_pt: f32, width_pt: f32, most: usize) -> Vec<Run> {
        let clean = self.clean(text);
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        let mut begin = 0;
        for (end, _) in linebreaks(&clean)
            .filter(|(_, kind)| matches!(kind, BreakOpportunity::Allowed | BreakOpportunity::Mandatory))
        {
            let piece = clean.get(begin..end).unwrap_or_default();
            begin = end;
            let longer = format!("{line}{piece}");
            if self.width_em(longer.trim_end(), weight) * size_pt <= width_pt {
                line = longer;
                continue;
            }
            if !line.trim_end().is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            // A word wider than a line is broken anywhere.
            line.clear();
            for character in piece.chars() {
                line.push(character);
                if self.width_em(line.trim_end(), weight) * size_pt > width_pt && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, character.to_string()));
                    if lines.len() > most {
                        break;
                    }
                }
            }
            if lines.len() > most {
                break;
            }
        }
        if !line.trim_end().is_empty() {
            lines.push(line);
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = self.cut(last, weight, size_pt, width_pt);
            }
        }
        lines.iter().map(|line| self.clean_run(line.trim_end(), weight, size_pt)).collect()
    }

    /// One line that is no wider than this, cut if need be.
    pub(super) fn fitting(&self, text: &str, weight: Weight, size_pt: f32, width_pt: f32) -> Run {
        let clean = self.clean(text);
        if self.width_em(&clean, weight) * size_pt <= width_pt {
            return self.clean_run(&clean, weight, size_pt);
        }
        self.clean_run(&self.cut(&clean, weight, size_pt, width_pt), weight, size_pt)
    }

    /// As much of clean text as fits with an ellipsis after it.
    fn cut(&self, text: &str, weight: Weight, size_pt: f32, width_pt: f32) -> String {
        let face = self.face(weight);
        let advance = |character| face.letter(character).map_or(0.0, |(_, advance)| advance);
        let mut left_em = width_pt / size_pt - advance(ELLIPSIS);
        let mut kept = String::new();
        for character in text.chars() {
            left_em -= advance(character);
            if left_em < 0.0 {
                break;
            }
            kept.push(character);
        }
        format!("{}{ELLIPSIS}", kept.trim_end())
    }

    /// Whether this character leaves something to be seen.
    pub(super) fn shows(&self, character: char) -> bool {
        !self.clean(character.encode_utf8(&mut [0; 4])).is_empty()
    }

    /// Composed, on one line, and only of what the font has in both weights.
    fn clean(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for character in text.nfc() {
            let character = match character {
                _ if character.is_whitespace() => ' ',
                // A direction or a joiner is nothing to be seen.
                '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' => {
                    continue;
                }
                _ if character.is_control() => REPLACEMENT,
                // Signs that people write in notes, and that have a good neighbour.
                '−' => '–',
                '→' => '>',
                _ if self.regular.letter(character).is_some() && self.bold.letter(character).is_some() => character,
                _ => REPLACEMENT,
            };
            if character != ' ' || !clean.ends_with(' ') {
                clean.push(character);
            }
        }
        clean.trim().to_owned()
    }

    fn width_em(&self, clean: &str, weight: Weight) -> f32 {
        let face = self.face(weight);
        clean.chars().filter_map(|character| face.letter(character)).map(|(_, advance)| advance).sum()
    }

    fn clean_run(&self, clean: &str, weight: Weight, size_pt: f32) -> Run {
        let face = self.face(weight);
        let mut glyphs = Vec::with_capacity(clean.len());
        let mut width_em = 0.0;
        for (at, character) in clean.char_indices() {
            if let Some((letter, advance)) = face.letter(character) {
                width_em += advance;
                let range = at..at + character.len_utf8();
                glyphs.push(KrillaGlyph::new(GlyphId::new(letter.to_u32()), advance, 0.0, 0.0, 0.0, range, None));
            }
        }
        Run { text: clean.to_owned(), glyphs, weight, size_pt, width_pt: width_em * size_pt }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_font_has_the_scripts_and_the_signs_that_are_promised() {
        let letters = Letters::new().unwrap();
        let promised = "Zażółć gęślą jaźń Œuvre ñ ß ø Ελληνικά Ёлки Ґанок ĐĩNH – … € ½ ± × % ° µ";
        assert_eq!(letters.run(promised, Weight::Bold, 9.0).text, promised);
        assert!(letters.regular.letter(REPLACEMENT).is_some() && letters.bold.letter(ELLIPSIS).is_some());
    }

    #[test]
    fn what_the_font_lacks_is_seen_to_be_there() {
        let letters = Letters::new().unwrap();
        assert_eq!(letters.run("李 小\u{7}龍\u{202e}", Weight::Regular, 9.0).text, "\u{fffd} \u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(letters.run("e\u{301}\n\n x ", Weight::Regular, 9.0).text, "é x");
    }

    #[test]
    fn a_line_breaks_between_words_and_is_cut_with_an_ellipsis() {
        let letters = Letters::new().unwrap();
        let lines = letters.lines("Pain after gardening, better in the evening", Weight::Regular, 10.0, 60.0, 2);
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["Pain after", "gardening,…"]);
    }

    proptest! {
        #[test]
        fn no_text_is_wider_than_its_place_or_lost_without_a_sign(text in "\\PC{0,120}", width_pt in 40.0_f32..300.0, most in 1_usize..6) {
            let letters = Letters::new().unwrap();
            let lines = letters.lines(&text, Weight::Regular, 9.0, width_pt, most);
            prop_assert!(lines.len() <= most);
            for line in &lines {
                prop_assert!(line.width_pt <= width_pt + 0.01, "{} is {} wide", line.text, line.width_pt);
                prop_assert_eq!(line.glyphs.len(), line.text.chars().count());
            }
            let squeezed = |text: &str| text.chars().filter(|character| *character != ' ').collect::<String>();
            let drawn: String = lines.iter().map(|line| squeezed(&line.text)).collect();
            let whole = squeezed(&letters.run(&text, Weight::Regular, 9.0).text);
            if drawn != whole {
                let cut = drawn.strip_suffix(ELLIPSIS);
                prop_assert!(cut.is_some_and(|cut| whole.starts_with(cut)), "{} of {}", drawn, whole);
            }
        }
    }
}
