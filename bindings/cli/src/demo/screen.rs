//! What one sees while it runs: two bars, a line per client, the last faults. When the output is piped or is
//! JSON, a line every few seconds on standard error instead (nothing with `--json`).

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use console::{Term, measure_text_width};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cast::{Client, site_name};
use crate::output::{Out, style};

/// Lines of faults that stay on the screen.
const FAULTS_SHOWN: usize = 6;
/// Columns of a client's line in front of its kills.
const LINE: usize = 11 + 2 * 34;
/// Without a terminal, one line of progress so often.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The live view.
pub(super) struct Screen {
    out: Out,
    began: Instant,
    last_line: Option<Instant>,
    bars: Option<Bars>,
    clients: BTreeMap<Client, Shown>,
    faults: VecDeque<String>,
    sent: u64,
    arrived: u64,
    copies: u64,
}

struct Bars {
    all: MultiProgress,
    sent: ProgressBar,
    arrived: ProgressBar,
    clients: BTreeMap<Client, ProgressBar>,
    faults: Vec<ProgressBar>,
    /// Empty lines; they are there as long as they are held.
    _gaps: Vec<ProgressBar>,
}

#[derive(Default)]
struct Shown {
    running: bool,
    kills: u64,
    states: BTreeMap<usize, String>,
    waiting: BTreeMap<usize, u64>,
}

impl Screen {
    /// A view for so many messages.
    pub(super) fn new(out: Out, messages: u64, heading: &[String]) -> Self {
        let live = !out.json && Term::stderr().is_term();
        if !out.json {
            heading.iter().for_each(|line| out.remark(line));
        }
        let bars = live.then(|| Bars::new(messages));
        let clients = Client::ALL.into_iter().map(|client| (client, Shown::default())).collect();
        let mut screen = Screen {
            out,
            began: Instant::now(),
            last_line: None,
            bars,
            clients,
            faults: VecDeque::new(),
            sent: 0,
            arrived: 0,
            copies: 0,
        };
        Client::ALL.into_iter().for_each(|client| screen.draw(client));
        screen
    }

    /// A client runs, or was killed.
    pub(super) fn runs(&mut self, client: Client, running: bool) {
        if let Some(shown) = self.clients.get_mut(&client) {
            shown.running = running;
            if !running {
                shown.kills += 1;
                shown.states.clear();
            }
        }
        self.draw(client);
    }

    /// An account stands differently with its site.
    pub(super) fn state(&mut self, client: Client, site: usize, state: &str) {
        if let Some(shown) = self.clients.get_mut(&client) {
            shown.states.insert(site, state.to_owned());
        }
        self.draw(client);
    }

    /// So many items of an account wait to be sent.
    pub(super) fn waiting(&mut self, client: Client, site: usize, items: u64) {
        if let Some(shown) = self.clients.get_mut(&client) {
            shown.waiting.insert(site, items);
        }
        self.draw(client);
    }

    /// Something was done to a link or a process.
    pub(super) fn fault(&mut self, what: &str) {
        let line = format!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
        self.faults.push_back(line);
        if self.faults.len() > FAULTS_SHOWN {
            self.faults.pop_front();
        }
        if let Some(bars) = &self.bars {
            for (bar, line) in bars.faults.iter().zip(&self.faults) {
                bar.set_message(style::dim().apply_to(line).to_string());
            }
        }
    }

    /// How far it is.
    pub(super) fn progress(&mut self, sent: u64, arrived: u64, copies: u64) {
        (self.sent, self.arrived, self.copies) = (sent, arrived, copies);
        match &self.bars {
            Some(bars) => {
                bars.sent.set_position(sent);
                bars.arrived.set_length(copies.max(1));
                bars.arrived.set_position(arrived);
            }
            None => self.line(),
        }
    }

    /// Takes the live view away, so that the table stands alone.
    pub(super) fn finish(self) {
        if let Some(bars) = self.bars {
            // A terminal that is gone has nothing to be cleared.
            let _ = bars.all.clear();
        }
    }

    fn line(&mut self) {
        if self.last_line.is_some_and(|last| last.elapsed() < LINE_EVERY) {
            return;
        }
        self.last_line = Some(Instant::now());
        let kills: u64 = self.clients.values().map(|shown| shown.kills).sum();
        let seconds = self.began.elapsed().as_secs();
        self.out.remark(&format!(
            "{seconds:>4} s  {} sent, {} of {} copies arrived, {kills} kills",
            self.sent, self.arrived, self.copies
        ));
    }

    fn draw(&mut self, client: Client) {
        let (Some(bars), Some(shown)) = (&self.bars, self.clients.get(&client)) else { return };
        if let Some(bar) = bars.clients.get(&client) {
            bar.set_message(shown.text(client));
        }
    }
}

impl Shown {
    fn text(&self, client: Client) -> String {
        let mut text = format!("{:<11}", client.name());
        for &site in client.sites() {
            let state = self.states.get(&site).map(String::as_str).unwrap_or_default();
            let (mark, style) = match state {
                _ if !self.running => ("✗", style::bad()),
                "online" => ("●", style::good()),
                "node_busy" => ("◍", style::attention()),
                _ => ("○", style::dim()),
            };
            let waiting = self.waiting.get(&site).copied().unwrap_or(0);
            let state = match state {
                _ if !self.running => "killed".to_owned(),
                "" => "starts".to_owned(),
                state => state.replace('_', " "),
            };
            let waits = if waiting > 0 { format!("{waiting} to send") } else { String::new() };
            let cell = format!("{} {:<9}{state:<11}{waits:<12}", style.apply_to(mark), site_name(site));
            text.push_str(&cell);
        }
        text.push_str(&" ".repeat(LINE.saturating_sub(measure_text_width(&text))));
        if self.kills > 0 {
            text.push_str(&style::dim().apply_to(format!("killed {}×", self.kills)).to_string());
        }
        text
    }
}

impl Bars {
    fn new(messages: u64) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(12));
        let bar = |name: &str, length: u64, unit: &str| {
            let bar = all.add(ProgressBar::new(length.max(1)));
            let template = format!("  {name:<9} {{bar:36.green/dim}} {{pos:>5}} / {{len}} {unit}");
            // A template that cannot be read would only cost the bar its looks.
            let plain = ProgressStyle::default_bar();
            bar.set_style(ProgressStyle::with_template(&template).unwrap_or(plain).progress_chars("━╸─"));
            bar
        };
        let sent = bar("sent", messages, "messages");
        let arrived = bar("arrived", 1, "copies at their nodes");
        let plain = || ProgressStyle::with_template("  {msg}").unwrap_or(ProgressStyle::default_spinner());
        let line = || {
            let line = all.add(ProgressBar::new_spinner());
            line.set_style(plain());
            line
        };
        let gap = || {
            let gap = line();
            gap.tick();
            gap
        };
        let first = gap();
        let clients = Client::ALL.into_iter().map(|client| (client, line())).collect();
        let second = gap();
        let faults = (0..FAULTS_SHOWN).map(|_| line()).collect();
        Bars { all, sent, arrived, clients, faults, _gaps: vec![first, second] }
    }
}
