//! Batches of a file of text, whatever parts its records.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;

use super::fault::Reason;
use super::files::{EventFile, Header, Layout};
use super::frames::{Frames, Framing, Item, Objects};
use super::infer::column_name;
use super::json::{MarkedLines, Marks};
use super::records::Records;
use super::scan::{Batches, Output, Scan, failed};
use super::separated::{Separated, Separator, fields};

/// The batches of the records that begin in a range of a file, which `input` stands at the start of.
pub(super) fn batches(
    scan: &Arc<Scan>,
    number: u32,
    file: &EventFile,
    input: Box<dyn Read + Send>,
    start: u64,
    end: u64,
) -> Result<Batches> {
    let frames = match file.layout {
        Layout::Lines => Frames::lines_of_range(input, start, end).map_err(|error| failed(file, &error))?,
        _ => Frames::whole(input),
    };
    let records = Records::new(Arc::clone(scan), number);
    let file = file.clone();
    Ok(match file.layout {
        Layout::Separated(separator) => {
            let fields =
                Fields { separator, places: None, width: 0, scan: Arc::clone(scan), header: file.header.clone() };
            Box::new(Reading { frames, framing: Separated(separator), take: fields, records, file, done: false })
        }
        Layout::Objects => {
            Box::new(Reading { frames, framing: Objects, take: Json::default(), records, file, done: false })
        }
        _ => {
            let (framing, records) = (MarkedLines::default(), records.sifted());
            Box::new(Reading { frames, framing, take: JsonLines, records, file, done: false })
        }
    })
}

/// What is done with the bytes of a record that a framing found.
trait Take<F> {
    fn take(&mut self, records: &mut Records, framing: &F, offset: u64, bytes: &[u8]) -> Result<()>;
}

/// Objects, of which only the record at hand is known.
#[derive(Default)]
struct Json {
    marks: Marks,
}

impl Take<Objects> for Json {
    fn take(&mut self, records: &mut Records, _: &Objects, offset: u64, bytes: &[u8]) -> Result<()> {
        self.marks.read(bytes);
        records.add_json(offset, bytes, self.marks.all(bytes))
    }
}

struct JsonLines;

impl Take<MarkedLines> for JsonLines {
    #[inline]
    fn take(&mut self, records: &mut Records, framing: &MarkedLines, offset: u64, bytes: &[u8]) -> Result<()> {
        records.sift_json(offset, bytes, framing.last(), framing.place())
    }
}

/// Records of fields.
struct Fields {
    separator: Separator,
    header: Header,
    scan: Arc<Scan>,
    /// The field that each output is read from, once the header is known.
    places: Option<Vec<Option<usize>>>,
    /// How many fields the header has.
    width: usize,
}

impl Fields {
    fn learn<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let names: Vec<&str> = names.collect();
        self.width = names.len();
        let place = |output: &Output| output.name().and_then(|wanted| names.iter().position(|name| *name == wanted));
        self.places = Some(self.scan.outputs.iter().map(place).collect());
    }
}

impl Take<Separated> for Fields {
    fn take(&mut self, records: &mut Records, _: &Separated, offset: u64, bytes: &[u8]) -> Result<()> {
        let Ok(text) = std::str::from_utf8(bytes) else { return records.add_none(offset, Reason::Utf8) };
        let values = fields(text, self.separator);
        if self.places.is_none() {
            match std::mem::take(&mut self.header) {
                Header::First => {
                    self.learn(values.iter().map(|name| column_name(name)));
                    return Ok(());
                }
                Header::Names(names, skip) => {
                    self.learn(names.iter().map(String::as_str));
                    if skip {
                        return Ok(());
                    }
                }
            }
        }
        if values.len() != self.width {
            return records.add_none(offset, Reason::Width { found: values.len(), expected: self.width });
        }
        let places = self.places.as_deref().unwrap_or_default();
        let value = |at: usize| places.get(at).copied().flatten().and_then(|place| values.get(place)).map(Cow::as_ref);
        records.add_fields(offset, value)
    }
}

/// Reads records into batches.
struct Reading<F, T> {
    frames: Frames<Box<dyn Read + Send>>,
    framing: F,
    take: T,
    records: Records,
    file: EventFile,
    done: bool,
}

impl<F: Framing, T: Take<F>> Reading<F, T> {
    fn fill(&mut self) -> Result<Option<RecordBatch>> {
        while !self.records.is_full() {
            let item = if let Some(item) = self.frames.next_at_hand(&mut self.framing) {
                Some(item)
            } else {
                // What is at hand gives way to what is read.
                self.records.settle(self.frames.at_hand())?;
                self.frames.next(&mut self.framing).map_err(|error| failed(&self.file, &error))?
            };
            match item {
                None => {
                    self.done = true;
                    break;
                }
                Some(Item::Record(offset, bytes)) => {
                    self.take.take(&mut self.records, &self.framing, offset, bytes)?;
                }
                Some(Item::Fault(offset, reason)) => self.records.sift_none(offset, reason)?,
            }
        }
        self.records.finish()
    }
}

impl<F: Framing, T: Take<F>> Iterator for Reading<F, T> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let filled = self.fill();
        self.done |= filled.is_err();
        filled.transpose()
    }
}
