"""The message types, compiled by protoc from schemas/ into a temporary folder and imported from there.
Not generated files in the repository. `protoc --python_out` must be of the version of the python protobuf runtime.
Variables: TRUC_SCHEMAS (folder; default: this repository's), PROTOC (program; default: protoc).
"""
import os
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(os.environ.get("TRUC_SCHEMAS") or pathlib.Path(__file__).parents[3] / "schemas")
FILES = ["truc/options.proto", "truc/bus/v1/wire.proto", "truc/bus/v1/operator.proto", "truc/common/v1/common.proto",
         "truc/dossier/v1/parts.proto", "truc/dossier/v1/dossier.proto", "truc/population/v1/population.proto"]

with tempfile.TemporaryDirectory() as _folder:
    subprocess.run([os.environ.get("PROTOC", "protoc"), f"-I{FOLDER}", f"--python_out={_folder}", *FILES], check=True)
    sys.path.insert(0, _folder)
    sys.dont_write_bytecode = True
    from truc.bus.v1 import operator_pb2 as operator, wire_pb2 as wire
    from truc.dossier.v1 import dossier_pb2 as dossier, parts_pb2 as dossier_parts
    from truc.population.v1 import population_pb2 as population
    sys.path.remove(_folder)

__all__ = ["wire", "operator", "dossier", "dossier_parts", "population"]
