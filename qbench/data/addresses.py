"""Where the files of published data sets are had, and what they must hash to.

MNIST's, Fashion-MNIST's and CIFAR-10's MD5 sums are those of torchvision, MedMNIST's those of
medmnist 3; the SHA-256 sums are of files with these MD5 sums. The tables have no sum of their
publisher's: theirs are of the copies that qbench was tested with.
"""

from __future__ import annotations

from collections.abc import Mapping

from qbench.data.files import DataFile, Source

_CIFAR = Source(
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    archive_hash="sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)
_UCI = "https://archive.ics.uci.edu/static/public/"
_SPREADSHEET = (
    "the publisher gives a spreadsheet, {url}; a copy of one's own is read by "
    "`data: {{path: FILE.csv, target: COLUMN}}`"
)


def _idx(name: str, folder: str, bases: tuple[str, ...], *files: tuple[str, int, str]) -> tuple[
    DataFile, ...
]:  # fmt: skip
    return tuple(
        DataFile(
            name,
            f"{folder}/{file}-ubyte.gz",
            size,
            f"sha256:{digest}",
            tuple(Source(f"{base}{file}-ubyte.gz") for base in bases),
        )
        for file, size, digest in files
    )


def _cifar(name: str, size: int, digest: str) -> DataFile:
    path = f"cifar-10-batches-py/{name}"
    return DataFile("cifar10", path, size, digest, (Source(_CIFAR.url, path, _CIFAR.archive_hash),))


def _medmnist(name: str, size: int, digest: str) -> tuple[DataFile]:
    url = f"https://zenodo.org/records/10519652/files/{name}.npz?download=1"
    path = f"medmnist/{name}.npz"
    return (DataFile(name, path, size, f"sha256:{digest}", (Source(url),)),)


def _table(
    dataset: str, file: str, size: int, digest: str, *sources: Source, by_hand: str = ""
) -> tuple[DataFile]:
    return (DataFile(dataset, f"regression/{file}", size, f"sha256:{digest}", sources, by_hand),)


def _github(path: str) -> Source:
    return Source(f"https://raw.githubusercontent.com/{path}")


FILES: Mapping[str, tuple[DataFile, ...]] = {
    "mnist": _idx(
        "mnist",
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        (
            "train-images-idx3",
            9912422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        (
            "train-labels-idx1",
            28881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        (
            "t10k-images-idx3",
            1648877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        (
            "t10k-labels-idx1",
            4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "fashion_mnist": _idx(
        "fashion_mnist",
        "fashion-mnist",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        (
            "train-images-idx3",
            26421880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        (
            "train-labels-idx1",
            29515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        (
            "t10k-images-idx3",
            4422102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        (
            "t10k-labels-idx1",
            5148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    "cifar10": (
        _cifar(
            "data_batch_1",
            31035704,
            "sha256:54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
        ),
        _cifar("data_batch_2", 31035320, "md5:d4bba439e000b95fd0a9bffe97cbabec"),
        _cifar("data_batch_3", 31035999, "md5:54ebc095f3ab1f0389bbae665268c751"),
        _cifar("data_batch_4", 31035696, "md5:634d18415352ddfa80567beed471001a"),
        _cifar("data_batch_5", 31035623, "md5:482c414d41f54cd18b22e5b47cb7c3cb"),
        _cifar(
            "test_batch",
            31035526,
            "sha256:f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
        ),
        _cifar(
            "batches.meta",
            158,
            "sha256:f962466ef690d46b226450fb9aadc74ba4bc64a76aa526b5827fe4bc5c7125cb",
        ),
    ),
    "pneumoniamnist": _medmnist(
        "pneumoniamnist",
        4170669,
        "e1792d3f03751cb101e99f19a63b3c1941436c988665f47853417b05be250cd8",
    ),
    "breastmnist": _medmnist(
        "breastmnist",
        559580,
        "3a22d2a4625e7dd8903f0f59030e81a3d0c222bece2e5e10927456cb50efdec1",
    ),
    "california_housing": _table(
        "california_housing",
        "cal_housing.data",
        2092122,
        "d3d8a1a722ae78f91134862727d27a70b1415e7d512a89140406248687f4b902",
        Source(
            "https://ndownloader.figshare.com/files/5976036",
            "CaliforniaHousing/cal_housing.data",
            "sha256:aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681",
        ),
        _github(
            "lapets/course-data-science/8b7f62812de4e3bd86bbc7879f65691e1775d1c9/cal_housing.data"
        ),
    ),
    "energy": _table(
        "energy",
        "energy_efficiency.csv",
        36181,
        "3eb371b34400e84f7ec4fcf9938b4e191f74c226fc11e49a8f18f868cecdcf73",
        by_hand=_SPREADSHEET.format(url=f"{_UCI}242/energy+efficiency.zip"),
    ),
    "concrete": _table(
        "concrete",
        "concrete.csv",
        57864,
        "938d457c467afb225716d3829152b9931e5951f61f1d1907fd3dcd2bf16e8491",
        by_hand=_SPREADSHEET.format(url=f"{_UCI}165/concrete+compressive+strength.zip"),
    ),
    "yacht": _table(
        "yacht",
        "yacht_hydrodynamics.data",
        11428,
        "d00d8c519b5f3b55fc4b750d959b4adae7d9185799a1b0e3e01ea14c25d5ccdf",
        Source(f"{_UCI}243/yacht+hydrodynamics.zip", "yacht_hydrodynamics.data"),
        _github(
            "MariosKokmo/yacht_hydrodynamics/95bc1e7bd4a75aa6b288919691d974aacf4462d2/"
            "yacht_hydrodynamics.data"
        ),
    ),
}
"""Files by data set, in the order in which its reader takes them."""
