//! What can go wrong with jobs, and what each refusal of theirs means here.

use axum::http::StatusCode;
use domain::jobs::JobError;

use crate::problem::{ApiError, Kind, kinds};

pub const HYPERPARAMS_INVALID: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "jobs/order/hyperparams-invalid",
    "A hyper-parameter is not what the model's card allows",
);
pub const WEIGHTS_NOT_OFFERED: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "jobs/order/weights-not-offered",
    "The model does not begin with such weights",
);
pub const DATASET_UNKNOWN: Kind = Kind::new(
    StatusCode::NOT_FOUND,
    "jobs/order/dataset-unknown",
    "There is no such dataset",
);
pub const DATASET_UNUSABLE: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "jobs/order/dataset-unusable",
    "The dataset cannot be trained on",
);
pub const DATASET_UNFIT: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "jobs/order/dataset-unfit",
    "The model takes data of another form",
);
pub const DATASET_NOT_READY: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/order/dataset-not-ready",
    "The dataset has not been looked into yet",
);
pub const BUDGET_INVALID: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "jobs/order/budget-invalid",
    "The budget cannot be paid",
);
pub const FUNDS_MISSING: Kind = Kind::new(
    StatusCode::PAYMENT_REQUIRED,
    "jobs/order/funds-missing",
    "The wallet does not hold the budget",
);
pub const NOT_PAID: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/not-paid",
    "The job has not been paid for",
);
pub const NOT_PENDING: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/not-pending",
    "The job does not wait for a payment",
);
pub const OVER: Kind = Kind::new(StatusCode::CONFLICT, "jobs/over", "The job is over");
pub const CANCELLING: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/cancelling",
    "The job is being cancelled",
);
pub const NOT_PAUSED: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/not-paused",
    "The job is not paused",
);
pub const BUDGET_USED_UP: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/budget-used-up",
    "The budget is used up",
);
pub const NOT_READY: Kind = Kind::new(
    StatusCode::CONFLICT,
    "models/not-ready",
    "The model is not ready",
);
pub const CHANGED_MEANWHILE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "jobs/changed-meanwhile",
    "Something was changed meanwhile",
);

/// What a refusal of the job means to whoever asked.
pub fn of_job(error: JobError) -> ApiError {
    use JobError as E;
    let (kind, remedy) = match error {
        E::NotOrdered => return ApiError::new(&kinds::NOT_FOUND),
        E::OrderedOtherwise | E::OtherPayment => (&CHANGED_MEANWHILE, "Look at the job again."),
        E::BudgetTooSmall => {
            return ApiError::new(&BUDGET_INVALID)
                .detail("A budget is at least 0.50 USD, in whole cents.")
                .field("budget");
        }
        E::BudgetNotRaised => {
            return ApiError::new(&BUDGET_INVALID)
                .detail("Name more than the present budget: it can only be raised.")
                .field("budget");
        }
        E::NotPaid => (&NOT_PAID, "Pay for it, or cancel it."),
        E::Over => (&OVER, "Order a new one."),
        E::Cancelling => (&CANCELLING, "Wait for its end."),
        E::NotPaused => (&NOT_PAUSED, "Wait until it is, or leave it running."),
        E::BudgetUsedUp => (&BUDGET_USED_UP, "Raise the budget and it goes on."),
        // Only a machine's report could lead there.
        E::BeyondBudget | E::NoProvider | E::Money(_) => return ApiError::internal(error),
    };
    ApiError::new(kind).detail(remedy)
}
