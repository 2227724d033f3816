"""What a stranger could plant in the files of a run, and a canary that tells whether it ran."""

import pickle

CODE = """
from pathlib import Path
from torch import nn

Path(__file__).with_name("canary").touch()


class Net(nn.Module):
    out_features = 4

    def __init__(self, width: int = 4, act=None):
        super().__init__()


class Other(Net):
    pass


def schedule(progress: float) -> float:
    return progress


def make(width: int = 4) -> Net:
    return Net(width)
"""


class Malicious:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def pickled(canary):
    return pickle.dumps(Malicious(canary), protocol=2)


def module(folder, name="stranger"):
    """A module whose import leaves a canary beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(CODE)
    return folder / "canary"


def objects(canary):
    """Descriptions of objects that would run something, by name."""
    touch, text = ["touch", str(canary)], f"open({str(canary)!r}, 'w')"
    handler = "torch.distributed.elastic.multiprocessing.subprocess_handler"
    (canary.parent / "hubconf.py").write_text(f"{text}\n")

    def one(path, /, **arguments):
        return {"class_path": path, "init_args": arguments}

    return {
        "module": one("stranger.Net"),
        "nested": one("da_bench.networks.MLP", hidden=[one("stranger.Net")]),
        "function": one("stranger.make"),
        "elastic": one(f"{handler}.subprocess_handler.SubprocessHandler", entrypoint="touch",
                       args=touch[1:], env={}, stdout=None, stderr=None, local_rank_id=0,
                       numa_options=None),
        "elastic_short": one(f"{handler}.SubprocessHandler", entrypoint="touch", args=touch[1:],
                             env={}, stdout=None, stderr=None, local_rank_id=0, numa_options=None),
        "graph": one("torch.fx.graph_module._forward_from_src", src=text, globals={}),
        "graph_module": one("torch.fx.GraphModule", root=one("stranger.Net"), graph=None),
        "system": one("os.system", command=" ".join(touch)),
        "popen": one("subprocess.Popen", args=touch),
        "partial": one("functools.partial", func="os.system", args=touch),
        "builtin": one("builtins.exec", source=text),
        "hub": one("torch.hub.load", repo_or_dir=str(canary.parent), model="x", source="local"),
        "extension": one("torch.utils.cpp_extension.load", name="x", sources=[str(canary)]),
        "cli": one("lightning.pytorch.cli.LightningCLI"),
        "by_path": one("da_bench.config.objects.import_names", value="stranger.Net"),
        "bound": one("da_bench.config.objects.bind_options", function="os.system", options={}),
        "door": one("da_bench.config.trusted.import_name", path="stranger.Net"),
        "saved": one("da_bench.methods.checkpoint.build", spec=one("stranger.Net"), kind=None),
        "prefix": one("da_bench_stranger.Net"),
        "prefix_room": one("da_bench.methods_stranger.Net"),
        "prefix_torch": one("torch.optimum.Net"),
        "beyond": one("da_bench.networks.torchvision.torch.hub.load", repo_or_dir="x", model="x"),
        "reexported": one("da_bench.networks.torchvision.places", path="x"),
        "private": one("da_bench.networks._stranger.Net"),
        "short": one("Popen", args=touch),
        "relative": one(".stranger.Net"),
        "yaml": "{class_path: stranger.Net}",
        "json_with_tabs": '{\t"class_path":\t"stranger.Net"}',
        "escaped": '{"class_p\\x61th": "stranger.Net"}',
        "text": "stranger.Net",
        "dict_kwargs": {"class_path": "da_bench.networks.MLP",
                        "dict_kwargs": {"x": one("stranger.Net")}},
        "without_path": {"init_args": {"x": one("stranger.Net")}},
        "path_alone": {"class_path": "stranger.Net"},
        "path_is_list": {"class_path": ["stranger.Net"]},
        "merged": {"<<": one("stranger.Net")},
        "arguments_of_it": {"hidden": [1], "x": one("stranger.Net")},
    }  # fmt: skip


FUNCTIONS = ("os.system", "builtins.eval", "stranger.schedule", "stranger.Net", "functools.partial",
             "torch.hub.load", "da_bench.config.objects.bind_options",
             "da_bench.config.objects.import_names",
             "da_bench.functional.adversarial.os.system", "da_bench.functional.kernels.torch.load",
             "da_bench.functional_stranger.schedule", "da_bench.methods.DANN", "stranger",
             "torch.optim.SGD", "torch.load", "{class_path: stranger.Net}")  # fmt: skip
"""Paths for a place that takes a function: none of them may be let in."""
