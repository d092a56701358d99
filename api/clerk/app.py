"""What the clerk sees: a marimo app. `linkrisk clerk` serves it; so does
`marimo run api/clerk/app.py --token`. Each browser session has a desk of its own."""

import marimo

app = marimo.App(width="medium", app_title="linkrisk 办事台 clerk")


@app.cell
def _():
    import marimo as mo

    from api.clerk import forms, results
    from api.clerk.desk import FACTS, TABLES, Desk
    from graph.errors import LinkriskError

    desk = Desk(Desk.shared)
    return FACTS, LinkriskError, TABLES, desk, forms, mo, results


@app.cell
def _(desk, mo):
    mo.md(
        "# linkrisk 办事台\n\n"
        "上传表格 → 核对列的含义 → 导入 → 提问 → 看表和图 → 下载。"
        "Upload a table, check what its columns mean, load it, ask, look, download.\n\n"
        + (
            "数据只在本机、只在本次会话中，关闭页面后即删除。"
            "The data stays on this machine and goes away with this page."
            if desk.own
            else "数据导入到指定的存储中，关闭页面后保留。"
            "What is loaded goes into the store that was named, and stays there."
        )
    )


@app.cell
def _(FACTS, TABLES, mo):
    upload = mo.ui.file(
        filetypes=sorted(TABLES | FACTS),
        kind="area",
        label="**1 上传文件 Upload a file** (CSV, TXT, XLSX, JSONL …)",
    )
    upload
    return (upload,)


@app.cell
def _(LinkriskError, desk, mo, upload):
    mo.stop(not upload.value)
    try:
        draft = desk.put(upload.value[0].name, upload.value[0].contents)
        _told = mo.plain_text(draft.path.name)
    except LinkriskError as _error:
        draft = None
        _told = mo.callout(f"读不了这个文件 / cannot be read: {_error}", kind="danger")
    _told
    return (draft,)


@app.cell
def _(draft, mo):
    mo.stop(draft is None)
    mapping = mo.ui.text_area(
        value=draft.mapping or "",
        rows=14,
        full_width=True,
        label="映射 mapping (YAML)：可以修改 may be changed",
    )
    load = mo.ui.run_button(label="导入 Load", kind="success")
    if draft.mapping is None:
        _seen = mo.md("原生事实，无需映射。Facts in the native form: no mapping is needed.")
    else:
        _seen = mo.vstack([
            mo.md("**2 核对：每一列被当作什么 Check what each column is taken for**"),
            mo.ui.table(draft.columns, selection=None, pagination=False, show_download=False),
            mo.accordion({
                "前几行 first rows": mo.ui.table(
                    [{f"{i + 1}": c for i, c in enumerate(row)} for row in draft.rows],
                    selection=None, show_download=False,
                ),
                "修改映射 change the mapping": mapping,
            }),
        ])  # fmt: skip
    mo.vstack([_seen, load])
    return load, mapping


@app.cell
def _(LinkriskError, desk, draft, load, mapping, mo, results):
    mo.stop(draft is None or not load.value)
    try:
        loaded = desk.load(draft, mapping.value or None)
    except LinkriskError as _error:
        loaded = None
        mo.stop(True, mo.callout(f"没有导入 / not loaded: {_error}", kind="danger"))
    _bad = loaded.bad
    mo.vstack([
        mo.md("**3 回执 Receipt**"),
        mo.hstack(
            [mo.stat(str(n), label=what, bordered=True) for what, n in loaded.counts.items()],
            justify="start",
        ),
        mo.md("隔离的行：没有导入，请改正后重新上传。Rows set aside: not loaded; mend and upload again.")
        if _bad
        else mo.md("没有隔离的行。No rows were set aside."),
        mo.ui.table(
            _bad, selection=None, show_download=False, wrapped_columns=["原因 reason", "内容 row"],
        ) if _bad else mo.md(""),
        mo.download(
            results.as_csv([{k: str(v) for k, v in row.items()} for row in _bad]),
            filename="set-aside.csv", label="下载隔离的行 Download",
        ) if _bad else mo.md(""),
        mo.md("现有事实 on the desk: " + ", ".join(f"{k} {n:,}" for k, n in desk.holdings().items())),
    ])  # fmt: skip
    return (loaded,)


@app.cell
def _(desk, forms, loaded, mo):
    mo.stop(loaded is None)
    question = mo.ui.dropdown(
        forms.questions(desk.kinds()),
        value=next(iter(forms.questions(desk.kinds()))),
        searchable=True,
        full_width=True,
        label="**4 提问 Ask**",
    )
    subjects = desk.subjects()
    question
    return question, subjects


@app.cell
def _(forms, mo, question, subjects):
    mo.stop(question.value is None)

    def _element(field):
        label = field.label + (" *" if field.required else "")
        if field.subject and subjects:
            if field.many:
                return mo.ui.multiselect(subjects, label=label, full_width=True)
            return mo.ui.dropdown(subjects, label=label, searchable=True, full_width=True)
        if field.sort == "flag":
            return mo.ui.switch(value=bool(field.default), label=label)
        if field.sort == "choice":
            chosen = field.default if field.default in field.choices else None
            return mo.ui.dropdown(list(field.choices), value=chosen, label=label)
        shown = field.default
        text = ",".join(map(str, shown)) if isinstance(shown, list) else str(shown or "")
        return mo.ui.text(value=text, label=label, full_width=True)

    _fields = forms.fields(question.value)
    form = mo.ui.dictionary({field.name: _element(field) for field in _fields})
    go = mo.ui.run_button(label="提问 Ask", kind="success")
    mo.vstack([
        mo.md(f"_{forms.explained(question.value)}_"),
        *(form[field.name] for field in _fields if field.main),
        mo.accordion({
            "更多条件 more": mo.vstack([form[f.name] for f in _fields if not f.main]),
        }),
        go,
    ])  # fmt: skip
    return form, go


@app.cell
def _(LinkriskError, desk, form, forms, go, mo, question):
    mo.stop(not go.value)
    asked = question.value
    try:
        answer = desk.risk.ask(asked, **forms.params(asked, form.value))
    except LinkriskError as _error:
        answer = None
        mo.stop(True, mo.callout(f"答不了 / cannot be answered: {_error}", kind="danger"))
    return answer, asked


@app.cell
def _(answer, asked, desk, forms, mo, results):
    mo.stop(answer is None)
    _title = {name: title for title, name in forms.questions().items()}[asked]
    found = results.shown(desk.risk, answer)
    drawn = results.picture(desk.risk, answer)
    if drawn is None:
        _picture = mo.md("没有可画的关系。Nothing to draw.")
    else:
        _picture = mo.Html(drawn.svg() if hasattr(drawn, "svg") else drawn.html())
    _page = results.as_html(_title, answer, found, drawn)
    mo.vstack([
        mo.md(f"**5 {_title}**: {len(answer.rows):,} 行 rows"),
        *(mo.callout(note, kind="warn") for note in found.notes),
        _picture,
        mo.ui.table(found.rows, selection=None, show_download=False)
        if found.rows
        else mo.md("没有结果。No rows: nothing was found, which does not show that there is nothing."),
        mo.accordion({
            f"证据 evidence: {len(found.evidence):,}": mo.ui.table(
                found.evidence, selection=None, show_download=False
            )
            if found.evidence
            else mo.md("无 none"),
        }),
        mo.hstack([
            mo.download(results.as_csv(found.rows), filename=f"{asked}.csv", label="CSV"),
            mo.download(lambda: results.as_xlsx(found), filename=f"{asked}.xlsx", label="XLSX"),
            mo.download(_page.encode(), filename=f"{asked}.html", label="HTML"),
        ], justify="start"),
    ])  # fmt: skip
    return drawn, found


if __name__ == "__main__":
    app.run()
