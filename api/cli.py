"""The `linkrisk` command. Importing it costs milliseconds: every verb is imported when called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from algorithms.catalogue import catalogue
from api.options import Common, common_options
from graph.errors import LinkriskError

# verb: (module:command, one line of help); algorithms are added from the registry.
VERBS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("api.verbs.world:demo", "A small world, every kind of question, a report / 演示"),
    "generate": ("api.verbs.world:generate", "Write a seeded world of facts / 生成模拟数据"),
    "evaluate": ("api.verbs.evaluate:evaluate", "Detectors against a known truth / 评估检测效果"),
    "ingest": ("api.verbs.ingest:ingest", "Load files into the store, print a receipt / 导入"),
    "draft-mapping": ("api.verbs.ingest:draft_mapping", "Draft a mapping from a header / 起草映射"),
    "show": ("api.verbs.look:show", "One subject: its records, keys, listings / 查看主体"),
    "timeline": ("api.verbs.look:timeline", "A subject in order of time / 时间线"),
    "facts": ("api.verbs.look:facts", "Facts by the ids that answers cite / 查看事实"),
    "search": ("api.verbs.look:search", "Subjects by name, pinyin, id or key / 搜索"),
    "match": ("api.verbs.match:match", "Who is meant by each line of a file / 批量匹配"),
    "list": ("api.verbs.look:list_", "What the store holds / 列出"),
    "catalog": ("api.verbs.look:catalog", "The datasets: what, whence, licence / 数据目录"),
    "export": ("api.verbs.look:export", "Write the facts back out / 导出"),
    "features": ("api.verbs.features:features", "Tables of features for models / 特征表"),
    "check": ("api.verbs.upkeep:check", "Integrity of the file and of the facts / 校验"),
    "backup": ("api.verbs.upkeep:backup", "Copy the store while it is in use / 备份"),
    "undo": ("api.verbs.upkeep:undo", "Retract all that one batch recorded / 撤销批次"),
    "migrate": ("api.verbs.migrate:migrate", "Copy a store into another, as it is / 迁移"),
    "rekey": ("api.verbs.rekey:rekey", "Copy a store under another id key / 更换密钥"),
    "audit": ("api.verbs.audit:audit", "The ledger: its chain, its head, its entries / 审计账本"),
    "privacy": (
        "api.verbs.privacy:privacy",
        "Access, correction, erasure / 个人信息权利",
    ),
    "neo4j-users": ("api.verbs.neo4j_users:neo4j_users", "Users of a Neo4j store / 建立用户"),
    "gds": ("api.verbs.gds:gds", "A day's graph in Neo4j's Graph Data Science / 投影到 GDS"),
    "rulebook": (
        "api.verbs.rulebook:rulebook",
        "What each measure may do: check, show, diff / 规则库",
    ),
    "notice": ("api.verbs.notice:notice", "A notice to one party: HTML or PDF / 文书"),
    "report": ("api.verbs.report:report", "A subject, case, extension, clusters as a page / 报告"),
    "verify-proof": ("api.verbs.verify:verify_proof", "Check proofs independently / 校验证明"),
    "decide": ("api.verbs.decide:decide", "Decisions: propose, approve, … show / 惩戒决定"),
    "findings": (
        "api.verbs.findings:findings",
        "The work list: run, accept, dismiss / 线索处理",
    ),
    "resolve": ("api.verbs.resolve:resolve", "Who is who: run, review, accept, why / 主体识别"),
    "case-files": (
        "api.verbs.case_files:case_files",
        "Scenes that are kept, shared, exported / 案卷",
    ),
    "openapi": (
        "api.verbs.contract:openapi",
        "The routes of the service / 接口描述",
    ),
    "webhooks": ("api.verbs.webhooks:webhooks", "Send what happens to who subscribed / 事件订阅"),
    "model": ("api.verbs.model:model", "Models of risk: train, card, use, drift / 风险模型"),
    "monitor": ("api.verbs.monitor:monitor", "Clusters and cases: what is new / 风险监测"),
    "serve": ("api.verbs.serve:serve", "The HTTP service / 启动服务"),
    "clerk": ("api.verbs.clerk:clerk", "A table in the browser, without code / 办事台"),
    "keys": ("api.verbs.keys:keys", "API keys of the service: create, list, revoke / 密钥"),
    "settings": ("api.verbs.settings:settings", "What is set, and whence / 查看设置"),
    "openrefine": ("api.verbs.openrefine:openrefine", "A way for OpenRefine / 供 OpenRefine 使用"),
    "bench": ("api.verbs.world:bench", "Measure speed and memory / 性能测试"),
}
_INTERNAL: Final = 1
_USAGE: Final = 2
_INTERRUPTED: Final = 130  # 128 + SIGINT
_PIPE: Final = 141  # 128 + SIGPIPE


class Root(click.Group):
    """The verbs above and one verb for each algorithm."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [*VERBS, *(entry.verb for entry in catalogue().values())]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name in VERBS:
            module, _, attribute = VERBS[cmd_name][0].partition(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        name = cmd_name.replace("-", "_")
        if name not in catalogue():
            return None
        from algorithms.registry import ALGORITHMS
        from api.verbs.ask import command_of

        return command_of(ALGORITHMS[name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"unknown verb {args[0]}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        sections = {"Verbs": [(verb, text) for verb, (_, text) in VERBS.items()]}
        for entry in catalogue().values():
            sections.setdefault(f"Questions: {entry.family}", []).append((entry.verb, entry.title))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


@click.command(
    cls=Root,
    params=list(common_options()),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="linkrisk")
@click.pass_context
def linkrisk(context: click.Context) -> None:
    """Linked-entity risk: facts in, related parties out, each with its proof.

    关联主体风险分析: 导入事实, 得出关联方及其证据。
    """
    context.ensure_object(Common)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command; errors become one line on standard error and an exit code.

    0 done, 1 the rest, 2 wrong usage, 3 bad input, 130 interrupted, 141 reader went away.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = linkrisk.main(args, prog_name="linkrisk", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return _USAGE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "linkrisk"
        return _say(f"{where}: {error.format_message()} (see {where} --help)", _USAGE, "")
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", _INTERRUPTED)
    except LinkriskError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE
    except OSError as error:
        return _say(f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)
    except Exception as error:
        if os.environ.get("LINKRISK_DEBUG"):
            raise
        text = f"internal error: {type(error).__name__}: {error} (LINKRISK_DEBUG=1 shows where)"
        return _say(text, _INTERNAL)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int, prefix: str = "linkrisk: ") -> int:
    one_line = " ".join(message.split())
    print(prefix + one_line, file=sys.stderr)  # noqa: T201 the one place that speaks to stderr
    return code


if __name__ == "__main__":
    sys.exit(main())
