//! The fold of the payments: each event changes a payment's row, and that of what it is about.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::payments::{DisputeOutcome, Payment, PaymentEvent, RefundRequested, Requested};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef, decode};

use super::lines::{DisputeLine, Lines, PaymentLine, RefundLine};
use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::stored::stored_name;

/// What happened to payments in consecutive events.
#[derive(Debug, Default)]
pub struct PaymentsPage(Vec<Change>);

#[derive(Debug)]
struct Change {
    position: i64,
    recorded_at: DateTime<Utc>,
    payment: String,
    event: PaymentEvent,
}

/// The rows that a page changes, each once.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub payments: BTreeSet<String>,
    pub refunds: BTreeSet<String>,
    pub disputes: BTreeSet<String>,
}

impl Page for PaymentsPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        if event.aggregate_type == Payment::TYPE {
            self.0.push(Change {
                position: event.position,
                recorded_at: event.recorded_at,
                payment: event.aggregate_id.to_owned(),
                event: decode(event, &[])?,
            });
        }
        Ok(())
    }
}

impl PaymentsPage {
    pub(super) fn touched(&self) -> Touched {
        let mut touched = Touched::default();
        for change in &self.0 {
            touched.payments.insert(change.payment.clone());
            touched.refunds.extend(refund_of(&change.event));
            touched.disputes.extend(dispute_of(&change.event));
        }
        touched
    }
}

fn refund_of(event: &PaymentEvent) -> Option<String> {
    match event {
        PaymentEvent::RefundRequested(it) => Some(it.refund.to_string()),
        PaymentEvent::RefundSent { refund, .. } => Some(refund.to_string()),
        PaymentEvent::RefundSucceeded(it) => Some(it.refund.to_string()),
        PaymentEvent::RefundFailed(it) => Some(it.refund.to_string()),
        _ => None,
    }
}

fn dispute_of(event: &PaymentEvent) -> Option<String> {
    let dispute = match event {
        PaymentEvent::DisputeOpened { dispute, .. }
        | PaymentEvent::DisputeClosed { dispute, .. } => dispute,
        PaymentEvent::DisputeWithdrawn(it) => &it.dispute,
        PaymentEvent::DisputeReinstated(it) => &it.dispute,
        PaymentEvent::DisputeLost(it) => &it.dispute,
        _ => return None,
    };
    Some(dispute.to_string())
}

/// The rows that are known, by name.
#[derive(Debug, Default)]
pub struct Known {
    payments: Lines<PaymentLine>,
    refunds: Lines<RefundLine>,
    disputes: Lines<DisputeLine>,
}

impl Known {
    pub(super) fn recall_payment(&mut self, row: Row<'_>) -> Result<(), Unfoldable> {
        let (name, line) = PaymentLine::read(row)?;
        self.payments.insert(name, line);
        Ok(())
    }

    pub(super) fn recall_refund(&mut self, row: Row<'_>) -> Result<(), Unfoldable> {
        let (name, line) = RefundLine::read(row)?;
        self.refunds.insert(name, line);
        Ok(())
    }

    pub(super) fn recall_dispute(&mut self, row: Row<'_>) -> Result<(), Unfoldable> {
        let (name, line) = DisputeLine::read(row)?;
        self.disputes.insert(name, line);
        Ok(())
    }

    pub(super) fn settle(&mut self, page: PaymentsPage) -> Result<(), Unsettled> {
        for change in page.0 {
            let position = change.position;
            // A payment begins with its request; one that does not is missing an event.
            self.change(change).ok_or(Unsettled {
                position,
                reason: Unfoldable::Missing,
            })?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Option<()> {
        if let PaymentEvent::Requested(requested) = &change.event {
            let line = requested_line(requested, &change);
            self.payments.insert(change.payment, line);
            return Some(());
        }
        let payment = self.payments.get_mut(&change.payment)?;
        payment.updated_at = change.recorded_at;
        change_payment(payment, &change.event);
        if let PaymentEvent::RefundRequested(requested) = &change.event {
            let line = refund_line(requested, &change);
            self.refunds.insert(requested.refund.to_string(), line);
        } else if let Some(name) = refund_of(&change.event) {
            let line = self.refunds.get_mut(&name)?;
            line.updated_at = change.recorded_at;
            change_refund(line, &change.event);
        }
        if let PaymentEvent::DisputeOpened {
            dispute,
            amount,
            reason,
            at,
        } = &change.event
        {
            let line = DisputeLine {
                opened_position: change.position,
                amount_minor: amount.minor(),
                frozen_minor: 0,
                opened_at: *at,
                updated_at: change.recorded_at,
                payment: change.payment,
                payer: payment.payer.clone(),
                currency: amount.currency().code().to_owned(),
                status: "open".to_owned(),
                reason: reason.to_string(),
            };
            self.disputes.insert(dispute.to_string(), line);
        } else if let Some(name) = dispute_of(&change.event) {
            let line = self.disputes.get_mut(&name)?;
            line.updated_at = change.recorded_at;
            change_dispute(line, &change.event);
        }
        Some(())
    }

    pub(super) fn emit(&self, rows: &mut [Rows], [payments, refunds, disputes]: [usize; 3]) {
        for (name, line) in &self.payments {
            line.write(name, &mut rows[payments]);
        }
        for (name, line) in &self.refunds {
            line.write(name, &mut rows[refunds]);
        }
        for (name, line) in &self.disputes {
            line.write(name, &mut rows[disputes]);
        }
    }
}

fn requested_line(requested: &Requested, change: &Change) -> PaymentLine {
    PaymentLine {
        requested_position: change.position,
        amount_minor: requested.amount.minor(),
        fee_minor: 0,
        refunded_minor: 0,
        requested_at: requested.at,
        updated_at: change.recorded_at,
        expires_at: None,
        payer: requested.payer.to_string(),
        currency: requested.amount.currency().code().to_owned(),
        status: "requested".to_owned(),
        order_reference: requested.order.as_ref().map(ToString::to_string),
        checkout_url: None,
        charge: None,
        reason: None,
    }
}

fn refund_line(requested: &RefundRequested, change: &Change) -> RefundLine {
    RefundLine {
        requested_position: change.position,
        amount_minor: requested.amount.minor(),
        requested_at: requested.at,
        updated_at: change.recorded_at,
        payment: change.payment.clone(),
        payer: requested.payer.to_string(),
        currency: requested.amount.currency().code().to_owned(),
        status: "requested".to_owned(),
        reason: None,
    }
}

fn change_payment(line: &mut PaymentLine, event: &PaymentEvent) {
    let status = match event {
        PaymentEvent::CheckoutOpened(opened) => {
            line.expires_at = Some(opened.expires_at);
            line.checkout_url = Some(opened.url.clone());
            line.reason = None;
            "open"
        }
        PaymentEvent::Processing { .. } => "processing",
        PaymentEvent::Paid(paid) => {
            line.fee_minor = paid.fee.minor();
            line.charge = Some(paid.charge.to_string());
            line.reason = None;
            "paid"
        }
        PaymentEvent::Failed { because, .. } => {
            line.reason = Some(stored_name(&because));
            "failed"
        }
        PaymentEvent::Expired { .. } => "expired",
        PaymentEvent::RefundRequested(it) => {
            line.refunded_minor += it.amount.minor();
            return;
        }
        PaymentEvent::RefundFailed(it) => {
            line.refunded_minor -= it.amount.minor();
            return;
        }
        _ => return,
    };
    if status != "open" {
        // Nobody is led to a page on which nothing can be done any more.
        line.checkout_url = None;
    }
    status.clone_into(&mut line.status);
}

fn change_refund(line: &mut RefundLine, event: &PaymentEvent) {
    let status = match event {
        PaymentEvent::RefundSent { .. } => "sent",
        PaymentEvent::RefundSucceeded(_) => "succeeded",
        PaymentEvent::RefundFailed(failed) => {
            line.reason = Some(stored_name(&failed.because));
            "failed"
        }
        _ => return,
    };
    status.clone_into(&mut line.status);
}

fn change_dispute(line: &mut DisputeLine, event: &PaymentEvent) {
    let status = match event {
        PaymentEvent::DisputeWithdrawn(it) => {
            line.frozen_minor = it.frozen.minor();
            "withdrawn"
        }
        PaymentEvent::DisputeReinstated(_) => {
            line.frozen_minor = 0;
            "reinstated"
        }
        PaymentEvent::DisputeLost(_) => {
            line.frozen_minor = 0;
            "lost"
        }
        PaymentEvent::DisputeClosed { outcome, .. } => match outcome {
            DisputeOutcome::Won => "won",
            DisputeOutcome::Dropped => "dropped",
        },
        _ => return,
    };
    status.clone_into(&mut line.status);
}
