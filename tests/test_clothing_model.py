"""The clothing network: its answers on drawn cloth, its explanation, and the joining of views."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cloth import korpri_like, plain
from vidcheck import clothing_model, weights
from vidcheck.clothing_model import CLASSES, pool
from vidcheck.errors import ModelError


@pytest.fixture(scope="module")
def model() -> clothing_model.ClothingModel:
    """The shipped network."""
    return clothing_model.load()


def test_probabilities_are_a_distribution_for_any_crop_size(model: clothing_model.ClothingModel) -> None:
    """Sizes from 8 to 300 pixels, any aspect."""
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 255, size, np.uint8) for size in ((8, 8, 3), (300, 60, 3), (40, 170, 3))]
    p = model.probabilities(crops)
    assert p.shape == (3, len(CLASSES))
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-4)


def test_no_crops_no_answers(model: clothing_model.ClothingModel) -> None:
    """An empty list is not an error."""
    assert model.probabilities([]).shape == (0, len(CLASSES))


def test_emblem_cloth_is_nearer_to_korpri_than_plain_cloth(model: clothing_model.ClothingModel) -> None:
    """Pale cloth with leaves and emblems against plain cloth of the very same ground colour."""
    with_design, without = model.probabilities([korpri_like(1), plain((235, 195, 150), 1)])[:, 0]
    assert with_design > without + 0.2


def test_plain_khaki_shirt_is_not_korpri(model: clothing_model.ClothingModel) -> None:
    """Nothing of the design, nothing of its colour."""
    p = model.probabilities([plain((120, 160, 185), 2)])[0]
    assert p.argmax() != CLASSES.index("korpri_batik")
    assert p[0] < 0.3


def test_explanation_points_at_the_design(model: clothing_model.ClothingModel) -> None:
    """Cloth on the right, an empty wall on the left: hiding the cloth costs the answer more than hiding the wall."""
    crop = korpri_like(3)
    crop[:, : crop.shape[1] // 2] = (140, 140, 140)
    found = model.explain(crop, "korpri_batik")
    assert found.drop.shape == crop.shape[:2]
    middle = crop.shape[1] // 2
    assert found.drop[:, middle:].mean() > found.drop[:, :middle].mean()
    for (x1, y1, x2, y2), drop in found.regions:
        assert drop > 0
        assert 0 <= x1 < x2 <= crop.shape[1] + 0.5
        assert 0 <= y1 < y2 <= crop.shape[0] + 0.5


def test_explanation_of_a_flat_crop_has_no_regions(model: clothing_model.ClothingModel) -> None:
    """Blurring away a design that is not there changes nothing."""
    assert model.explain(np.full((80, 80, 3), 128, np.uint8)).regions == ()


def test_pool_does_not_pile_up_certainty() -> None:
    """Ten copies of one view say what one says."""
    one = np.array([[0.6, 0.1, 0.1, 0.1, 0.05, 0.05]], np.float32)
    np.testing.assert_allclose(pool(np.repeat(one, 10, 0), [1.0] * 10), one[0], atol=1e-5)


def test_pool_follows_the_weight() -> None:
    """The view that counts more wins."""
    p = np.array([[0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.02, 0.9, 0.02, 0.02, 0.02, 0.02]], np.float32)
    assert pool(p, [3.0, 1.0]).argmax() == 0
    assert pool(p, [1.0, 3.0]).argmax() == 1


def test_unknown_model_is_a_model_error() -> None:
    """Not a traceback from the runtime."""
    with pytest.raises(ModelError):
        clothing_model.load("no-such-clothing-model")


def test_shipped_weights_are_small_and_verified() -> None:
    """At most 20 MiB, and the hash is the registry's."""
    resolved = weights.resolve("clothing")
    assert resolved.path.stat().st_size <= 20 * 2**20
    assert len(resolved.sha256) == 64
