"""Folders of images: a folder a class, and every image sound and of one size."""

import numpy as np
import pytest
from PIL import Image

from qbench.data import DataRequest, prepare
from qbench.data.own import load_own
from qbench.exceptions import DataError

RANDOM = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path):
    """Three grey cats and two grey dogs of 4 x 6 pixels."""
    for name, number in (("dogs", 2), ("cats", 3)):
        for i in range(number):
            save(tmp_path / "pets" / name / f"{i}.png", RANDOM.integers(0, 256, (4, 6)))
    return tmp_path / "pets"


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)


def request(folder, **more):
    return DataRequest("pets", {"path": str(folder)}, "all", 3, 0, 2, **more)


def test_classes_are_folders_and_pixels_are_scaled(folder):
    table = load_own(str(folder))
    assert table.class_names == ("cats", "dogs")
    assert table.y.tolist() == [0, 0, 0, 1, 1]
    assert table.image_shape == (1, 4, 6)
    assert table.feature_names[7] == "pixel_1_1"
    pixels = np.asarray(Image.open(folder / "dogs" / "1.png"))
    assert table.rows(np.array([4]))[0] == pytest.approx(pixels.ravel() / 255)


def test_colours_are_three_channels_one_after_the_other(folder):
    colours = RANDOM.integers(0, 256, (4, 6, 3))
    save(folder / "cats" / "9.png", colours)
    table = load_own(str(folder))
    assert table.image_shape == (3, 4, 6)
    assert np.array_equal(table.x[3].reshape(3, 4, 6), colours.transpose(2, 0, 1))
    grey = table.x[0].reshape(3, 24)
    assert (grey == grey[0]).all()


def test_the_shape_of_images_follows_the_transforms(folder):
    assert prepare(request(folder), 0).image_shape == (1, 4, 6)
    small = prepare(request(folder, transform=(("resize", (2, 3)), ("l2_normalize", None))), 0)
    assert small.image_shape == (1, 2, 3)
    assert small.x_train.shape == (3, 6)
    assert small.raw_train.shape == (3, 24)
    assert prepare(request(folder, transform=(("pca", 2),)), 0).image_shape is None


def test_images_of_different_sizes_are_brought_to_one_by_resize(folder):
    save(folder / "cats" / "9.png", np.full((8, 8), 51))
    with pytest.raises(DataError, match=r"2 sizes: .* 4 x 6 pixels, .*9.png 8 x 8; .*resize"):
        prepare(request(folder), 0)
    prepared = prepare(request(folder, transform=(("resize", (2, 3)),)), 0)
    assert prepared.x_train.shape == (3, 6)
    whole = load_own(str(folder), size=(2, 3))
    assert whole.rows(np.array([3]))[0] == pytest.approx(np.full(6, 0.2))


def test_one_broken_image_is_named(folder):
    content = (folder / "cats" / "1.png").read_bytes()
    (folder / "cats" / "1.png").write_bytes(content[: len(content) // 2])
    for _ in range(2):
        with pytest.raises(DataError, match=r"1 of 5 images cannot be read: cats/1\.png \(.+\)"):
            load_own(str(folder))
    (folder / "cats" / "1.png").write_bytes(content)
    assert len(load_own(str(folder)).y) == 5


def test_an_image_that_is_none_is_named(folder):
    (folder / "dogs" / "0.png").write_text("no image at all")
    with pytest.raises(DataError, match=r"dogs/0\.png \(no image that Pillow knows\)"):
        load_own(str(folder))


def test_deep_pixels_are_refused_rather_than_cut_off(folder):
    Image.fromarray(np.full((4, 6), 40000, dtype=np.uint16)).save(folder / "cats" / "0.png")
    with pytest.raises(DataError, match="8 bits a channel"):
        load_own(str(folder))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: (f / "dogs").rename(f.parent / "gone"), "there is one alone, 'cats'"),
        (lambda f: (f / "newts").mkdir(), "newts: the class has no images"),
        (lambda f: (f / "loose.png").touch(), "loose.png: lies beside the folders"),
        (lambda f: (f / "cats" / "notes.txt").touch(), "notes.txt: is no image"),
    ],
)
def test_a_folder_of_another_form_is_refused(change, words, folder):
    change(folder)
    with pytest.raises(DataError, match=words):
        load_own(str(folder))


def test_hidden_files_are_left_out_and_a_target_is_refused(folder):
    (folder / ".DS_Store").touch()
    (folder / "cats" / ".thumbs").touch()
    assert len(load_own(str(folder)).y) == 5
    with pytest.raises(DataError, match="`target` is for tables"):
        load_own(str(folder), "y")
