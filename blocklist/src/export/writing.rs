//! Artefacts in the course of being written, some of them side by side.
//!
//! A piece of each is put together, then all these pieces are hashed, then they are handed on: BLAKE2b of four
//! files at once takes a processor half as long as of one after the other.

use std::io::{self, Write};

use super::{
    Export, Part,
    out::{Hashes, Out, PIECE},
    pieces::{Before, Layout, Lines, Piece, Written},
};

/// Artefacts that are written side by side: as many as BLAKE2b has lanes (AVX2).
const TOGETHER: usize = 4;

/// An artefact in the course of being written.
pub struct Writing<'a> {
    export: Export<'a>,
    before: Option<Before<'a>>,
    parts: Vec<Part>,
    /// The part that comes next, and of its lines the run.
    next: (usize, usize),
    out: Out,
    /// Of what was handed on, but for what is known from the artefact before.
    hashes: Hashes,
    /// How many octets need no hashing: they begin the artefact before as well, whose hashes are known.
    known: u64,
    layout: Layout,
}

impl<'a> Writing<'a> {
    pub(super) fn new(export: Export<'a>, before: Option<Before<'a>>) -> io::Result<Self> {
        let parts = export.parts()?;
        let cuts = &export.list.runs.cuts;
        let layout = Layout::new(cuts);
        let before = before.filter(|before| before.layout.cuts.is(cuts));
        let mut writing = Self {
            export,
            before,
            parts,
            next: (0, 0),
            out: Out::default(),
            hashes: Hashes::default(),
            known: 0,
            layout,
        };
        writing.take_hashes();
        Ok(writing)
    }

    /// Takes over the hashes of what is the same from the first octet on.
    fn take_hashes(&mut self) {
        let Some(before) = &self.before else { return };
        let alike = usize::try_from(self.alike(before.layout)).unwrap_or_default();
        let marks = before.layout.marks.get(..alike / PIECE).unwrap_or_default();
        if let Some(last) = marks.last() {
            self.hashes = last.clone();
            self.known = (marks.len() * PIECE) as u64;
            self.layout.marks = marks.to_vec();
        }
    }

    /// How many octets are the same as in the artefact before, from the first on.
    fn alike(&self, before: &Layout) -> u64 {
        let mut alike = 0;
        for part in &self.parts {
            match part {
                Part::Text(text) if before.texts.get(&alike) == Some(text) => {
                    alike += text.len() as u64;
                }
                Part::Text(_) => return alike,
                Part::Lines(lines) => {
                    for at in 0..self.runs() {
                        let held = before.pieces.get(&(*lines, at));
                        let held = held.filter(|piece| piece.octets.start == alike);
                        match held.filter(|piece| self.takes(piece, at)) {
                            Some(piece) => alike = piece.octets.end,
                            None => return alike,
                        }
                    }
                }
            }
        }
        alike
    }

    fn runs(&self) -> usize {
        self.export.list.runs.all.len()
    }

    /// Whether what was written of a run is what is to be written of it.
    fn takes(&self, piece: &Piece, at: usize) -> bool {
        let run = self.export.list.runs.all.get(at);
        piece.plain && run.is_some_and(|(run, same)| *same && self.export.is_plain(run))
    }

    /// Puts the next piece together; gives whether there was anything left.
    fn fill(&mut self) -> bool {
        while self.out.held().len() < PIECE
            && let Some(part) = self.parts.get(self.next.0)
        {
            match part {
                Part::Text(text) => {
                    self.layout.texts.insert(self.out.written(), text.clone());
                    self.out.put(&[text]);
                    self.next = (self.next.0 + 1, 0);
                }
                Part::Lines(lines) if self.next.1 < self.runs() => {
                    self.write_run(*lines, self.next.1);
                    self.next.1 += 1;
                }
                Part::Lines(_) => self.next = (self.next.0 + 1, 0),
            }
        }
        !self.out.held().is_empty()
    }

    /// Writes the lines of one run, or takes them over.
    fn write_run(&mut self, lines: Lines, at: usize) {
        let runs = self.export.list.runs.all.clone();
        let Some((run, _)) = runs.get(at) else { return };
        let (from, begin) = (self.out.held().len(), self.out.written());
        let check = self.take_run(lines, at).unwrap_or_else(|| {
            self.export.write_lines(lines, run, &mut self.out);
            crc32fast::hash(self.out.held().get(from..).unwrap_or_default())
        });
        let piece = Piece {
            octets: begin..self.out.written(),
            check,
            plain: self.export.is_plain(run),
        };
        self.layout.pieces.insert((lines, at), piece);
    }

    /// Takes a run over from the artefact before; gives its checksum.
    fn take_run(&mut self, lines: Lines, at: usize) -> Option<u32> {
        let before = self.before.as_ref()?;
        let piece = before.layout.pieces.get(&(lines, at))?;
        let taken = self.takes(piece, at) && before.take(piece, self.out.held());
        taken.then_some(piece.check)
    }

    /// Hands on a piece that was hashed.
    fn hand_on(&mut self, sink: &mut impl Write) -> io::Result<()> {
        sink.write_all(self.out.piece())?;
        if self.out.piece().len() == PIECE {
            self.layout.marks.push(self.hashes.clone());
        }
        self.out.go_on();
        Ok(())
    }

    /// Writes all of it, whose hashes nobody asks for.
    pub(super) fn write_to(mut self, sink: &mut dyn Write) -> io::Result<()> {
        while self.fill() {
            sink.write_all(self.out.piece())?;
            self.out.go_on();
        }
        Ok(())
    }

    /// Writes what needs no hashing.
    fn write_known(&mut self, sink: &mut impl Write) -> io::Result<()> {
        while self.out.handed_on() < self.known && self.fill() {
            sink.write_all(self.out.piece())?;
            self.out.go_on();
        }
        Ok(())
    }

    fn finish(self) -> Written {
        let (sha256, signed) = self.hashes.finish();
        Written {
            sha256,
            signed,
            layout: self.layout,
        }
    }
}

/// Writes each artefact to its sink, the longest of which come first at best, and gives each sink back when
/// its artefact is whole, or why it is not.
pub fn write_together<'a, W: Write>(
    all: impl IntoIterator<Item = (Writing<'a>, W)>,
    mut written: impl FnMut(W, io::Result<Written>),
) {
    let mut coming = all.into_iter();
    let mut open: Vec<(Writing<'a>, W)> = Vec::with_capacity(TOGETHER);
    loop {
        let free = TOGETHER.saturating_sub(open.len());
        for (mut writing, mut sink) in coming.by_ref().take(free) {
            match writing.write_known(&mut sink) {
                Ok(()) => open.push((writing, sink)),
                Err(error) => written(sink, Err(error)),
            }
        }
        if open.is_empty() {
            return;
        }
        for (writing, sink) in open.extract_if(.., |(writing, _)| !writing.fill()) {
            written(sink, Ok(writing.finish()));
        }
        let mut pieces: Vec<_> = open
            .iter_mut()
            .map(|(writing, _)| (&mut writing.hashes, writing.out.piece()))
            .collect();
        Hashes::take_together(&mut pieces);
        let mut at = 0;
        while let Some((writing, sink)) = open.get_mut(at) {
            match writing.hand_on(sink) {
                Ok(()) => at += 1,
                Err(error) => {
                    let (_, sink) = open.remove(at);
                    written(sink, Err(error));
                }
            }
        }
    }
}
