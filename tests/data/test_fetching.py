"""Fetching from mirrors on this machine: nothing is used or kept whose hash is wrong."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from qbench.data.fetching import obtain
from qbench.data.files import DataFile, Source, find, read
from qbench.exceptions import DataError

CONTENT = b"four images and their labels" * 50


class Mirrors:
    """A server of some paths, which remembers what it was asked for."""

    def __init__(self):
        self.paths, self.asked = {}, []
        mirrors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirrors.asked.append(self.path)
                content = mirrors.paths.get(self.path)
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def file(self, *paths, content=CONTENT, name="images.gz", **more):
        """A file that should be at each of the paths."""
        return DataFile(
            "tiny",
            f"tiny/{name}",
            len(content),
            f"sha256:{hashlib.sha256(content).hexdigest()}",
            tuple(Source(self.base + path, **more) for path in paths),
        )


@pytest.fixture
def mirrors(monkeypatch, empty_places):
    monkeypatch.delenv("QBENCH_OFFLINE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    mirrors = Mirrors()
    yield mirrors
    mirrors.server.shutdown()
    mirrors.server.server_close()


def kept(cache):
    return sorted(p.relative_to(cache).as_posix() for p in cache.rglob("*") if p.is_file())


def test_a_file_is_fetched_once_and_lies_in_the_cache(mirrors, empty_places):
    mirrors.paths["/a"] = CONTENT
    file = mirrors.file("/a")
    assert obtain([file]) == [empty_places[1] / "tiny/images.gz"]
    assert read(file) == CONTENT
    assert obtain([file]) == []
    assert mirrors.asked == ["/a"]
    assert kept(empty_places[1]) == [".lock", "tiny/images.gz"]


def test_a_file_of_the_users_own_folder_is_taken_first(mirrors, empty_places):
    file = mirrors.file("/a")
    mine = empty_places[0] / file.path
    mine.parent.mkdir()
    mine.write_bytes(CONTENT)
    assert obtain([file]) == []
    assert find(file) == mine
    assert mirrors.asked == []


def test_mirrors_are_tried_in_turn_and_a_wrong_one_is_passed_by(mirrors, empty_places):
    mirrors.paths |= {"/truncated": CONTENT[:-1], "/good": CONTENT, "/late": CONTENT}
    file = mirrors.file("/gone", "/truncated", "/good", "/late")
    obtain([file])
    assert mirrors.asked == ["/gone", "/truncated", "/good"]
    assert read(file) == CONTENT


def test_when_no_mirror_has_it_nothing_is_kept_and_each_reason_is_told(mirrors, empty_places):
    mirrors.paths["/other"] = b"another file"
    file = mirrors.file("/gone", "/other")
    with pytest.raises(DataError) as caught:
        obtain([file])
    message = str(caught.value)
    assert f"{mirrors.base}/gone: 404" in message
    assert f"{mirrors.base}/other: " in message
    assert file.hash.removeprefix("sha256:") in message
    assert kept(empty_places[1]) == [".lock"]


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_the_files_of_an_archive_come_from_one_download(kind, mirrors, empty_places):
    members = {"folder/images.gz": CONTENT, "folder/labels.gz": b"labels", "../evil": b"x"}
    archive = packed(kind, members)
    mirrors.paths["/a"] = archive
    hashed = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    files = [
        mirrors.file("/a", content=c, name=m.rpartition("/")[2], member=m, archive_hash=hashed)
        for m, c in list(members.items())[:2]
    ]
    obtain(files)
    assert [read(file) for file in files] == [CONTENT, b"labels"]
    assert mirrors.asked == ["/a"]
    assert kept(empty_places[1]) == [".lock", "tiny/images.gz", "tiny/labels.gz"]


def packed(kind, members):
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (packed("zip", {"other": b"x"}), "images.gz"),
        (packed("zip", {"images.gz": b"x"}), "is another file"),
        (packed("tar.gz", {"images.gz": CONTENT})[:-30], "end"),
        (b"<html>moved</html>", "could not be opened"),
    ],
    ids=["no such member", "another member", "truncated", "no archive"],
)
def test_an_archive_without_the_very_file_is_passed_by(archive, words, mirrors, empty_places):
    mirrors.paths["/a"] = archive
    with pytest.raises(DataError, match=words):
        obtain([mirrors.file("/a", member="images.gz")])
    assert kept(empty_places[1]) == [".lock"]


def test_offline_names_file_address_hash_and_place(mirrors, empty_places, monkeypatch):
    monkeypatch.setenv("QBENCH_OFFLINE", "1")
    file = mirrors.file("/a", "/b")
    with pytest.raises(DataError) as caught:
        obtain([file])
    message = str(caught.value)
    wanted = ("tiny needs images.gz", "QBENCH_OFFLINE", f"{mirrors.base}/a", f"{mirrors.base}/b",
              file.hash.removeprefix("sha256:"), str(empty_places[0] / file.path))  # fmt: skip
    assert [words for words in wanted if words not in message] == []
    assert mirrors.asked == []
    assert not empty_places[1].exists()


@pytest.mark.parametrize("place", [0, 1], ids=["the user's folder", "the cache"])
def test_a_corrupt_file_is_never_used_and_never_silently_replaced(place, mirrors, empty_places):
    mirrors.paths["/a"] = CONTENT
    file = mirrors.file("/a")
    path = empty_places[place] / file.path
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT[:100])
    assert obtain([file]) == []
    with pytest.raises(DataError) as caught:
        read(file)
    message = str(caught.value)
    found = hashlib.sha256(CONTENT[:100]).hexdigest()
    remedy = "QBENCH_DATA_DIR and is yours" if place == 0 else "qbench data fetch --replace tiny"
    for words in (str(path), found, file.hash.partition(":")[2], "100 bytes of 1400", remedy):
        assert words in message
    assert path.read_bytes() == CONTENT[:100]
    assert mirrors.asked == []


def test_replace_fetches_a_corrupt_file_of_the_cache_alone(mirrors, empty_places):
    mirrors.paths["/a"] = CONTENT
    good, bad, mine = (mirrors.file("/a", name=name) for name in ("good", "bad", "mine"))
    for file, place, content in ((good, 1, CONTENT), (bad, 1, b"x"), (mine, 0, b"x")):
        path = empty_places[place] / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert obtain([good, bad, mine], replace=True) == [empty_places[1] / "tiny/bad"]
    assert read(bad) == CONTENT
    assert (empty_places[0] / "tiny/mine").read_bytes() == b"x"


def test_a_replacement_that_cannot_be_had_leaves_the_old_file(mirrors, empty_places):
    file = mirrors.file("/gone")
    path = empty_places[1] / file.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    with pytest.raises(DataError):
        obtain([file], replace=True)
    assert path.read_bytes() == b"x"
