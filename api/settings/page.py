"""docs/settings.md, made from the sections' structs."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.inspect import type_info

from api.settings import SECTIONS, Key, keys, struct_of

# Variables that no file sets: they say where the file is, or concern the process before it.
_PROCESS: Final = {
    "LINKRISK_CONFIG": "the settings file, as `--config` / 设置文件",
    "LINKRISK_TOKEN": "the service's token; without it a new one is made at each start / 服务令牌",
    "LINKRISK_URL": "the service that the notebooks ask over HTTP / 笔记本所用服务的地址",
    "LINKRISK_ID_KEY": "the key that personal identifiers are hashed with, for a store that holds"
    " none / 标识符密钥",
    "LINKRISK_NEW_ID_KEY": "the key that `linkrisk rekey` goes over to / 新的标识符密钥",
    "LINKRISK_SEAL_KEY": "the key that identifiers are sealed with at rest / 静态加密密钥",
    "LINKRISK_SEAL_KEY_FILE": "the file that holds it instead, its owner's alone / 密钥文件",
    "LINKRISK_CATALOG": "the file of terms that /v1/catalog shows / 目录文件",
    "LINKRISK_STATE": "the folder of jobs, webhooks, uploads, kept answers and of the chain of"
    " reads; default beside the store / 任务、订阅与查询审计目录",
    "LINKRISK_CACHE": "where compiled code and snapshots of remote stores are kept / 缓存目录",
    "LINKRISK_KEYS": "where keys of stores that hold none are kept / 密钥目录",
    "LINKRISK_DEBUG": "1 shows where an error came from, its message included: not for"
    " production / 调试",
}
_INTRO: Final = """\
# Settings / 设置

A setting stands in the TOML file that `--config` or `LINKRISK_CONFIG` names, in the environment, or
is a flag of `linkrisk serve`; flags win over the environment, the environment over the file. A key
that is none, or a value that it cannot take, is refused with file or variable, key and reason.
`linkrisk settings` prints what holds and whence; secrets are masked. 优先级: 命令行 > 环境变量 >
文件; 未知或错误的设置会被拒绝。

```toml
store = "sqlite:////var/lib/linkrisk/facts.db"

[server]
host = "127.0.0.1"
port = 8000
workers = 2

[log]
format = "json"

[metrics]
listen = "127.0.0.1:9100"
```

In the environment a list is separated by commas, a flag is `true` or `false`. 环境变量中列表以逗号
分隔。
"""


def settings_page() -> str:
    """The page."""
    parts = [_INTRO]
    for section in SECTIONS:
        title = f"`[{section}]`" if section else "Outside of any table / 顶层"
        parts.append(f"## {title}\n")
        said = struct_of(section).__doc__
        if said and "`[" not in said and section:
            parts.append(f"{said.strip()}\n")
        parts.append("| key | variable | type | default | |\n|---|---|---|---|---|")
        parts += [_row(key) for key in keys() if key.section == section]
        parts[-1] += "\n"
    parts.append("## Of the environment alone / 仅环境变量\n")
    parts.append("| variable | |\n|---|---|")
    parts += [f"| `{name}` | {said} |" for name, said in _PROCESS.items()]
    parts[-1] += "\n"
    parts.append(
        "Traces are on where the standard variables `OTEL_EXPORTER_OTLP_ENDPOINT` or"
        " `OTEL_TRACES_EXPORTER` say where they go: [running the service](guides/deploy.md)."
        " 链路追踪由标准 OTEL 变量开启。\n"
    )
    return "\n".join(parts)


def _row(key: Key) -> str:
    default = key.default
    if default is msgspec.NODEFAULT:
        shown = "required"
    elif default in (None, (), [], ""):
        shown = ""
    else:
        shown = f"`{msgspec.json.encode(default).decode()}`"
    about = key.description + (" Secret." if key.secret else "")
    return f"| `{key.name}` | `{key.variable}` | {_type(key.kind)} | {shown} | {about} |"


def _type(kind: Any) -> str:
    return _words(type_info(kind)).replace("|", "\\|")


def _words(info: Any) -> str:
    if isinstance(info, msgspec.inspect.Metadata):
        return _words(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        return " or ".join(
            _words(each) for each in info.types if not isinstance(each, msgspec.inspect.NoneType)
        )
    if isinstance(info, msgspec.inspect.LiteralType):
        return ", ".join(f"`{value}`" for value in info.values)
    if isinstance(info, msgspec.inspect.IntType | msgspec.inspect.FloatType):
        name = "integer" if isinstance(info, msgspec.inspect.IntType) else "number"
        low = (
            f"{info.ge:g}"
            if info.ge is not None
            else f"above {info.gt:g}"
            if info.gt is not None
            else ""
        )
        high = f"{info.le:g}" if info.le is not None else ""
        return f"{name} {low} to {high}" if low and high else f"{name} {low}{high}".strip()
    names = {
        "StrType": "text",
        "BoolType": "flag",
        "ListType": "list",
        "VarTupleType": "list",
        "DictType": "table",
        "StructType": "table",
    }
    name = type(info).__name__
    if name in {"ListType", "VarTupleType"}:
        return f"list of {_words(info.item_type)}"
    return names.get(name, name.removesuffix("Type").lower())
