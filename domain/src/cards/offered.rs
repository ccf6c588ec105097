//! The cards as they are offered today.

use super::card::{Accepts, Allowed, Card, Model, Parameter, Weights};

const fn whole(
    name: &'static str,
    (min, max): (i64, i64),
    default: &'static str,
    means: &'static str,
) -> Parameter {
    Parameter {
        name,
        allowed: Allowed::Whole {
            min,
            max,
            multiple_of: 1,
        },
        default,
        means,
        shapes_model: false,
    }
}

const fn decimal(
    name: &'static str,
    (min, max): (&'static str, &'static str),
    default: &'static str,
    means: &'static str,
) -> Parameter {
    Parameter {
        name,
        allowed: Allowed::Decimal { min, max },
        default,
        means,
        shapes_model: false,
    }
}

const fn shaping(mut parameter: Parameter) -> Parameter {
    parameter.shapes_model = true;
    parameter
}

const VALIDATION_SHARE: &str = "the share of the rows that the model is tried on and never sees";
const STOPS_EARLY: &str = "stop when so many epochs brought nothing better; 0 never stops early";

static TABULAR: Card = Card {
    model: Model::Tabular,
    version: 1,
    title: "Tables",
    summary: "Gradient boosting or a linear model over the columns of a CSV: classes or numbers.",
    accepts: &[Accepts::Csv],
    weights: &[Weights::Scratch],
    parameters: &[
        Parameter {
            name: "algorithm",
            allowed: Allowed::OneOf(&["boosting", "linear"]),
            default: "boosting",
            means: "trees, each correcting those before it, or one weight a column",
            shapes_model: false,
        },
        whole(
            "rounds",
            (1, 2_000),
            "200",
            "how many trees, or passes of the linear model",
        ),
        whole(
            "depth",
            (1, 12),
            "3",
            "how many questions a tree may ask one after another",
        ),
        decimal(
            "learning_rate",
            ("0.001", "1"),
            "0.1",
            "how far each round goes",
        ),
        decimal("validation_share", ("0.05", "0.5"), "0.2", VALIDATION_SHARE),
        whole(
            "early_stopping_rounds",
            (0, 200),
            "20",
            "stop when so many rounds brought nothing better; 0 never stops early",
        ),
    ],
};

static DISTILBERT: Card = Card {
    model: Model::Distilbert,
    version: 1,
    title: "Texts",
    summary: "DistilBERT sorts texts into classes: a CSV with a column of text and one of labels.",
    accepts: &[Accepts::Csv],
    weights: &[Weights::Hub, Weights::Local, Weights::Scratch],
    parameters: &[
        whole("epochs", (1, 50), "3", "how often the data is gone through"),
        whole(
            "batch_size",
            (1, 256),
            "16",
            "how many texts are learnt from at once",
        ),
        decimal(
            "learning_rate",
            ("0.000001", "0.01"),
            "0.00005",
            "how far each step goes",
        ),
        whole(
            "max_length",
            (8, 512),
            "128",
            "how many pieces of a text are read",
        ),
        shaping(whole("layers", (1, 6), "6", "how deep the model is")),
        shaping(Parameter {
            name: "dimension",
            allowed: Allowed::Whole {
                min: 32,
                max: 768,
                multiple_of: 32,
            },
            default: "768",
            means: "how wide the model is; a multiple of 32",
            shapes_model: true,
        }),
        shaping(whole(
            "heads",
            (1, 12),
            "12",
            "how many relations a layer looks at",
        )),
        decimal("validation_share", ("0.05", "0.5"), "0.1", VALIDATION_SHARE),
        whole("early_stopping_epochs", (0, 10), "2", STOPS_EARLY),
    ],
};

static MOBILENET_V2: Card = Card {
    model: Model::MobilenetV2,
    version: 1,
    title: "Images",
    summary: "MobileNetV2 sorts images into classes: a ZIP with a folder a class, or CIFAR-10.",
    accepts: &[Accepts::ImageFolders, Accepts::Cifar10],
    weights: &[Weights::Hub, Weights::Local, Weights::Scratch],
    parameters: &[
        whole(
            "epochs",
            (1, 200),
            "5",
            "how often the data is gone through",
        ),
        whole(
            "batch_size",
            (1, 512),
            "64",
            "how many images are learnt from at once",
        ),
        decimal(
            "learning_rate",
            ("0.00001", "1"),
            "0.001",
            "how far each step goes",
        ),
        whole(
            "image_size",
            (32, 224),
            "32",
            "the side, in pixels, that images are brought to",
        ),
        shaping(Parameter {
            name: "width",
            allowed: Allowed::OneOf(&["0.35", "0.5", "0.75", "1.0"]),
            default: "1.0",
            means: "how wide the model is, as a share of the published one",
            shapes_model: true,
        }),
        decimal("validation_share", ("0.05", "0.5"), "0.1", VALIDATION_SHARE),
        whole("early_stopping_epochs", (0, 10), "2", STOPS_EARLY),
    ],
};

/// The card of a model as it is offered today.
pub fn offered(model: Model) -> &'static Card {
    match model {
        Model::Tabular => &TABULAR,
        Model::Distilbert => &DISTILBERT,
        Model::MobilenetV2 => &MOBILENET_V2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::Hyperparams;
    use serde_json::Map;

    #[test]
    fn every_default_is_a_value_that_its_own_card_allows() {
        for model in Model::ALL {
            for weights in model.card().weights {
                assert!(Hyperparams::read(model.card(), *weights, &Map::new()).is_ok());
            }
        }
    }

    #[test]
    fn a_model_is_found_by_its_name_and_by_no_other() {
        for model in Model::ALL {
            assert_eq!(model.name().parse(), Ok(model));
            assert_eq!(model.card().model, model);
        }
        assert!("DistilBERT".parse::<Model>().is_err());
    }
}
