"""Trains a network of PyTorch batch by batch, so that it can be left and taken up at any batch."""

import numpy as np
import torch

from .errors import Failed
from .splitting import classification_scores

WARM_UP_SHARE = 0.06
GRADIENT_MAX = 1.0


def prepare(job):
    """Makes results depend on the seed alone, and chooses where to compute."""
    torch.manual_seed(job.seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    if job.device == "cuda" and not torch.cuda.is_available():
        raise Failed("device: this machine has no GPU that PyTorch can use")
    is_gpu = job.device != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if is_gpu else "cpu")


def steps_in_epoch(rows, batch_size):
    """The last batch of an epoch may be smaller."""
    return -(-rows // batch_size)


class Learner:
    """A network, its optimizer, and how far it has come."""

    def __init__(self, run, model, device, examples, weight_decay):
        self._run, self._model, self._device = run, model.to(device), device
        self._examples = examples
        job = run.job
        self._batch_size = job.hyperparams["batch_size"]
        self._epochs = job.hyperparams["epochs"]
        self._per_epoch = steps_in_epoch(len(examples.train_rows), self._batch_size)
        self._total = self._per_epoch * self._epochs
        self._rate = job.hyperparams["learning_rate"]
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=self._rate, weight_decay=weight_decay
        )
        self._precision, self._scaler = _precision(device)
        self._best = None
        self._losses = []
        self.step = 0
        self.curve = {"train_loss": [], "validation_loss": [], "validation_accuracy": [], "best": 0}

    def train(self):
        """All epochs, or as many as still help; the network is then the best that there was."""
        run = self._run
        if run.resumed is not None:
            self._restore(*run.resumed)
        run.start(steps_total=self._total, device=str(self._device), step=self.step)
        patience = run.job.hyperparams["early_stopping_epochs"]
        while self.step < self._total:
            epoch_over = self.step % self._per_epoch == 0 and self.step > 0
            epochs = len(self.curve["validation_loss"])
            if epoch_over and patience and epochs - self.curve["best"] >= patience:
                run.report.log(f"no better for {patience} epochs: stopped early after {epochs}")
                break
            run.check(self.step, self._state)
            with run.reins.training():
                loss = self._one_step()
                ended_epoch = self.step % self._per_epoch == 0
                if ended_epoch:
                    self._end_epoch()
            metrics = {"loss": loss}
            if self.curve["validation_loss"]:
                metrics["validation_loss"] = self.curve["validation_loss"][-1]
                metrics["validation_accuracy"] = self.curve["validation_accuracy"][-1]
            epoch = -(-self.step // self._per_epoch)
            run.progress(self.step, epoch=epoch, metrics=metrics, always=ended_epoch)
        if patience and self._best is not None:
            self._model.load_state_dict(self._best)
        return self._model

    def _one_step(self):
        epoch, number = divmod(self.step, self._per_epoch)
        order = np.random.Generator(np.random.PCG64([self._run.job.seed, epoch]))
        rows = order.permutation(self._examples.train_rows)
        rows = rows[number * self._batch_size : (number + 1) * self._batch_size]
        lot = np.random.Generator(np.random.PCG64([self._run.job.seed, epoch, number + 1]))
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * self._pace()
        self._model.train()
        logits, labels = self._forward(rows, lot)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimizer)
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), GRADIENT_MAX)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self.step += 1
        shown = float(loss.detach())
        if not np.isfinite(shown):
            raise Failed("the loss is no longer a number; a lower learning_rate may help")
        self._losses.append(shown)
        return shown

    def _pace(self):
        """The share of the learning rate: up during the first steps, then down to nothing."""
        warm_up = max(1, int(self._total * WARM_UP_SHARE))
        if self.step < warm_up:
            return (self.step + 1) / warm_up
        return max(0.0, (self._total - self.step) / max(1, self._total - warm_up))

    def _forward(self, rows, lot):
        inputs = self._examples.batch(rows, lot)
        inputs = {name: tensor.to(self._device) for name, tensor in inputs.items()}
        labels = torch.from_numpy(self._examples.labels[rows]).to(self._device)
        enabled = self._precision is not None
        kind = self._precision or torch.bfloat16
        with torch.autocast(self._device.type, dtype=kind, enabled=enabled):
            logits = self._examples.logits(self._model, inputs)
        return logits.float(), labels

    def _end_epoch(self):
        scores = self.scores(self._examples.held_rows)
        self.curve["train_loss"].append(float(np.mean(self._losses)))
        self.curve["validation_loss"].append(scores["validation_loss"])
        self.curve["validation_accuracy"].append(scores["validation_accuracy"])
        self._losses = []
        best = self.curve["best"]
        if best == 0 or scores["validation_loss"] < self.curve["validation_loss"][best - 1]:
            self.curve["best"] = len(self.curve["validation_loss"])
            self._best = _copied(self._model.state_dict())

    def scores(self, rows):
        """How good the network is on rows that it was not trained on."""
        return classification_scores(
            self._examples.labels[rows], self.probabilities(rows), len(self._examples.classes)
        )

    def probabilities(self, rows):
        """What the network says of rows."""
        self._model.eval()
        said = []
        with torch.no_grad():
            for first in range(0, len(rows), self._batch_size):
                logits, _ = self._forward(rows[first : first + self._batch_size], None)
                said.append(torch.softmax(logits, dim=1).cpu().numpy().astype(np.float64))
        return np.concatenate(said)

    def _state(self):
        """All that is needed to go on, as JSON and as arrays."""
        arrays = {f"model.{name}": t for name, t in self._model.state_dict().items()}
        arrays.update({f"best.{name}": t for name, t in (self._best or {}).items()})
        for number, state in self._optimizer.state_dict()["state"].items():
            for name, value in state.items():
                arrays[f"optimizer.{number}.{name}"] = torch.as_tensor(value)
        arrays["random.cpu"] = torch.get_rng_state()
        if self._device.type == "cuda":
            arrays["random.cuda"] = torch.cuda.get_rng_state(self._device)
        arrays = {name: tensor.detach().cpu().numpy() for name, tensor in arrays.items()}
        state = {"curve": self.curve, "losses": self._losses, "scaler": self._scaler.state_dict()}
        return {**state, **self._examples.documents()}, arrays

    def _restore(self, state, arrays):
        self.step, self.curve, self._losses = state["step"], state["curve"], state["losses"]
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        self._model.load_state_dict(_under("model.", tensors))
        self._best = _under("best.", tensors) or None
        optimizer = self._optimizer.state_dict()
        for name, tensor in _under("optimizer.", tensors).items():
            number, _, kind = name.partition(".")
            optimizer["state"].setdefault(int(number), {})[kind] = tensor
        self._optimizer.load_state_dict(optimizer)
        if state["scaler"] and self._scaler.is_enabled():
            self._scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(tensors["random.cpu"])
        if self._device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], self._device)

    def arrays(self):
        """The network's weights."""
        return {name: t.detach().cpu().numpy() for name, t in self._model.state_dict().items()}


def _precision(device):
    """Half the bits where a GPU is quicker with them; all of them on a CPU."""
    if device.type != "cuda":
        return None, torch.cuda.amp.GradScaler(enabled=False)
    if torch.cuda.is_bf16_supported():
        return torch.bfloat16, torch.cuda.amp.GradScaler(enabled=False)
    return torch.float16, torch.cuda.amp.GradScaler(enabled=True)


def _copied(state):
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}


def _under(prefix, tensors):
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
