"""What notebooks do, as functions that run in a folder of their own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import faulthandler
import fcntl
import gc
import mmap
import multiprocessing
import os
import pathlib
import pickle
import random
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile


def arrays() -> None:
    import numpy as np

    a = np.random.default_rng(1).random((300, 300))
    np.linalg.svd(a @ a)
    np.save("a.npy", a)
    assert np.load("a.npy", mmap_mode="r").sum() > 0
    np.savetxt("a.txt", a[:3])
    shared = np.memmap("m.dat", mode="w+", shape=(100,))
    shared[:] = 1
    shared.flush()


def plots() -> None:
    import matplotlib

    matplotlib.use("module://matplotlib_inline.backend_inline")
    import matplotlib.font_manager
    import matplotlib.pyplot as plt

    matplotlib.font_manager._load_fontmanager(try_read_cache=False)
    plt.plot([1, 2])
    plt.title("$\\alpha$")
    for kind in ("png", "pdf", "svg"):
        plt.savefig(f"a.{kind}")


def music() -> None:
    import music21

    stream = music21.stream.Stream([music21.note.Note("C4")])
    stream.write("midi", "a.mid")
    stream.write("musicxml", "a.xml")
    assert len(music21.converter.parse("a.mid").flatten().notes) == 1


SHELL = """set -e
ls -la; mkdir x; echo hi > f; cp -a x y; cp -p f g; mv g h; rm -r x y h; sort f; wc f
grep h f; find . | head; tar cf t.tar f; tar xf t.tar; gzip -k f; date; timeout 9 true
touch f; chmod +x f; sed -i s/h/j/ f; seq 3 | xargs -n1 echo; ln -s f l; readlink -f l
dd if=f of=k; truncate -s 10 k; nice ls; (sleep 9 & kill $!; wait $! || true); df .
bash -c 'a=(1 2); cat <(echo ${a[1]})' """


def shells() -> None:
    done = subprocess.run(SHELL, shell=True, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)
    assert subprocess.run(["cat"], input=b"x", capture_output=True).stdout == b"x"
    for end in (subprocess.Popen.terminate, subprocess.Popen.kill):
        process = subprocess.Popen(["sleep", "9"], start_new_session=True)
        end(process)
        assert process.wait() < 0
    subprocess.run([sys.executable, "-c", "import json"], check=True)
    assert not os.system("true")


def threads() -> None:
    seen: list[int] = []
    each = [threading.Thread(target=seen.append, args=(i,)) for i in range(4)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    assert len(seen) == 4
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(abs, range(5))) == 10


def processes() -> None:
    context = multiprocessing.get_context("fork")  # locks would be shared memory
    ours, theirs = context.Pipe()
    ours.send(1)
    assert theirs.recv() == 1
    child = context.Process(target=time.sleep, args=(99,))
    child.start()
    child.terminate()
    child.join()
    assert child.exitcode == -signal.SIGTERM
    pid = os.fork()
    if not pid:
        faulthandler.disable()
        os.abort()
    assert os.waitpid(pid, 0)[1] & 127 == signal.SIGABRT


def files() -> None:
    os.makedirs("d/e")
    pathlib.Path("d/e/f").write_text("x")
    os.rename("d/e/f", "d/e/g")
    os.replace("d/e/g", "d/h")  # Landlock's second version
    assert [entry.name for entry in os.scandir("d") if entry.is_file()] == ["h"]
    shutil.copytree("d", "d2")
    shutil.copy2("d/h", "i")
    shutil.move("i", "j")
    shutil.rmtree("d2")
    os.rmdir("d/e")
    os.symlink("j", "k")
    os.link("j", "l")
    os.unlink("l")
    os.truncate("j", 0)
    os.utime("j", (1e9, 1e9))
    pathlib.Path("touched").touch()
    pathlib.Path("touched").touch()
    assert os.path.exists("touched")
    os.chmod("j", 0o600)
    assert shutil.disk_usage(".").total > 0
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
        assert os.listdir(folder) == []
        file.write(b"1")
        file.truncate(0)
    with tempfile.NamedTemporaryFile() as named:
        assert os.path.exists(named.name)
    with sqlite3.connect("x.db") as base:
        base.execute("create table a(b)")
        base.execute("insert into a values(1)")
    with zipfile.ZipFile("z.zip", "w") as zipped:
        zipped.write("j")
    with tarfile.open("z.tgz", "w:gz") as tar:
        tar.add("d")
    with tarfile.open("z.tgz") as tar:
        tar.extractall("zt", filter="data")
    pathlib.Path("p").write_bytes(pickle.dumps([1] * 9000))
    with open("p", "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_EX)
        os.fsync(file.fileno())
        with mmap.mmap(file.fileno(), 0) as mapped:
            mapped[:1] = b"2"
            mapped.flush()


def waiting() -> None:
    reading, writing = os.pipe()
    assert select.select([reading], [writing], [], 0)[1] == [writing]
    poll, epoll = select.poll(), select.epoll()
    poll.register(reading)
    epoll.register(reading, select.EPOLLIN)
    assert not epoll.poll(0.01) and not poll.poll(1)
    os.set_blocking(reading, False)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 90)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    time.sleep(0.01)
    random.SystemRandom().random()
    gc.collect()
    faulthandler.dump_traceback_later(90)
    faulthandler.cancel_dump_traceback_later()
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.nice(1)
    os.eventfd(0)


def event_loops() -> None:
    async def main() -> None:
        await asyncio.sleep(0.01)
        assert await asyncio.to_thread(abs, -1) == 1
        run = asyncio.create_subprocess_exec
        process = await run("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert (await process.communicate(b"x"))[0] == b"x"
        ours, theirs = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=ours)
        theirs.setblocking(False)
        writer.write(b"x")
        loop = asyncio.get_running_loop()
        assert await loop.sock_recv(theirs, 9) == b"x"
        writer.close()

    asyncio.run(main())


def networks() -> None:
    import keras
    import numpy as np
    import tensorflow as tf

    layers = [keras.layers.Input((5, 3)), keras.layers.LSTM(8), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    model.fit(np.zeros((32, 5, 3)), np.zeros(32), epochs=2, verbose=0)
    model.predict(np.zeros((2, 5, 3)), verbose=0)
    model.save("m.keras")
    keras.models.load_model("m.keras")
    numbers = tf.data.Dataset.range(10).map(lambda x: x + 1, num_parallel_calls=2)
    assert len(list(numbers.prefetch(2))) == 10
    assert tf.function(lambda x: x * 2, jit_compile=True)(tf.ones(1)) == 2
