//! Which files a policy has: each once, and no more of them than the limits allow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Parsed, Progress, Unread, cannot_load, list};
use crate::ast::{File, GroupKind, IdentityKind, NetworkKind, Policy, StatementKind, Text};
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::loader::{LoadError, Loader};
use crate::source::{FileId, Sources, Span};

/// The files of one policy while they are read.
pub(super) struct Files<'l> {
    loader: &'l dyn Loader,
    sources: Sources,
    progress: Progress,
    /// The canonical names of the policy files, read or waiting.
    included: BTreeSet<String>,
    waiting: VecDeque<(String, String)>,
    /// The files of names or prefixes that have been read.
    lists: BTreeMap<String, FileId>,
    /// How many files have been loaded.
    count: usize,
    /// How many bytes the policy may still have.
    pub(super) left: usize,
}

impl<'l> Files<'l> {
    pub(super) fn new(loader: &'l dyn Loader) -> Self {
        Self {
            loader,
            sources: Sources::new(),
            progress: Progress::new(),
            included: BTreeSet::new(),
            waiting: VecDeque::new(),
            lists: BTreeMap::new(),
            count: 1,
            left: limits::POLICY_BYTES,
        }
    }

    /// Reads the root, whose text may be missing for a reason, and all files that it leads to.
    pub(super) fn parse(mut self, name: &str, text: Result<String, LoadError>) -> Parsed {
        let policy = self.read_all(name, text);
        Parsed {
            policy,
            sources: self.sources,
            diagnostics: self.progress.findings.finish(),
            unread: self.progress.unread,
        }
    }

    /// Reads the root and all files that it leads to, but for plain rules and lists of names; the policy's other
    /// statements, what was left unread, and whether nothing was found fault with.
    pub(super) fn outline(mut self, name: &str, text: String) -> (Policy, Sources, Unread, bool) {
        self.progress.outlined = Some(Unread::default());
        let policy = self.read_all(name, Ok(text));
        (policy, self.sources, self.progress.outlined.unwrap_or_default(), self.progress.findings.is_empty())
    }

    fn read_all(&mut self, name: &str, text: Result<String, LoadError>) -> Policy {
        let text = text.and_then(|text| if text.len() > self.left { Err(LoadError::TooLong) } else { Ok(text) });
        let text = text.unwrap_or_else(|error| {
            self.progress.findings.push(cannot_load(Span::default(), name, &error));
            String::new()
        });
        self.left -= text.len();
        self.included.insert(name.to_owned());
        self.waiting.push_back((name.to_owned(), text));
        let mut files = Vec::new();
        while let Some((name, text)) = self.waiting.pop_front() {
            files.push(self.read(name, text));
        }
        Policy { files }
    }

    fn read(&mut self, name: String, text: String) -> File {
        let id = self.sources.next_id();
        let mut file = self.progress.file(&text, id);
        self.sources.add(name.clone(), text);
        for statement in &mut file.statements {
            match &mut statement.kind {
                StatementKind::Include(path) => self.include(&name, path),
                StatementKind::Identity(identity) => {
                    if let IdentityKind::From { path, names } = &mut identity.kind
                        && let Some(list) = self.list(&name, path)
                    {
                        *names = list::names(self.sources.text(list), list, &mut self.progress.findings);
                    }
                }
                StatementKind::Group(group) => {
                    if let GroupKind::From { path, members } = &mut group.kind
                        && let Some(list) = self.list(&name, path)
                    {
                        *members = list::names(self.sources.text(list), list, &mut self.progress.findings);
                    }
                }
                StatementKind::Network(network) => {
                    if let NetworkKind::From { path, items } = &mut network.kind
                        && let Some(list) = self.list(&name, path)
                    {
                        *items = list::origins(self.sources.text(list), list, &mut self.progress.findings);
                    }
                }
                _ => {}
            }
        }
        file
    }

    /// Puts a policy file among those that wait, unless it has been there.
    fn include(&mut self, from: &str, path: &Text) {
        let Some(name) = self.resolve(from, path) else { return };
        if self.included.contains(&name) {
            return;
        }
        if let Some(text) = self.load(&name, path) {
            self.included.insert(name.clone());
            self.waiting.push_back((name, text));
        }
    }

    /// The number of a file of names or prefixes. Every use of it counts towards the policy's length, since every use
    /// makes a list of its own.
    fn list(&mut self, from: &str, path: &Text) -> Option<FileId> {
        let name = self.resolve(from, path)?;
        if let Some(&id) = self.lists.get(&name) {
            let Some(left) = self.left.checked_sub(self.sources.text(id).len()) else {
                self.progress.findings.push(cannot_load(path.span, &path.value, &LoadError::TooLong));
                return None;
            };
            self.left = left;
            return Some(id);
        }
        let text = self.load(&name, path)?;
        let id = self.sources.add(name.clone(), text);
        list::check(self.sources.text(id), id, &mut self.progress.findings);
        self.lists.insert(name, id);
        Some(id)
    }

    fn resolve(&mut self, from: &str, path: &Text) -> Option<String> {
        match self.loader.resolve(from, &path.value) {
            Ok(name) => Some(name),
            Err(error) => {
                self.progress.findings.push(cannot_load(path.span, &path.value, &error));
                None
            }
        }
    }

    fn load(&mut self, name: &str, path: &Text) -> Option<String> {
        self.count += 1;
        if self.count > limits::FILES {
            if self.count == limits::FILES + 1 {
                let message = format!("the policy has more than {} files", limits::FILES);
                self.progress.findings.push(Diagnostic::error("too-many-files", path.span, message));
            }
            return None;
        }
        let text = self.loader.load(name, self.left);
        match text.and_then(|text| if text.len() > self.left { Err(LoadError::TooLong) } else { Ok(text) }) {
            Ok(text) => {
                self.left -= text.len();
                Some(text)
            }
            Err(error) => {
                self.progress.findings.push(cannot_load(path.span, &path.value, &error));
                None
            }
        }
    }
}
