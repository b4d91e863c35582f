"""Commands that keep what is there: `audit verify`, `backup`, `restore`, `rekey` (product 5)."""

from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from app import audit
from app.db import open_session

FILE = click.Path(dir_okay=False, path_type=Path)

audit_group = AppGroup("audit", help="审计日志。")


@audit_group.command("verify", help="核对审计日志的摘要链：指出第一处断开的行，有断开则退出码为 1。")
@click.pass_context
@with_appcontext
def verify(context: click.Context) -> None:
    """Walk the chain; a break is named, and the exit code is 1."""
    with open_session() as session:
        found = audit.verify(session)
    _say_chain(found)
    if found.broken_id is not None:
        context.exit(1)


def _say_chain(found: audit.Verified) -> None:
    if found.broken_id is None:
        click.echo(f"审计日志完整：共 {found.rows} 行，末行摘要 {found.digest}。")
    else:
        click.echo(f"审计日志在第 {found.broken_id} 行断开：{found.why}。此前 {found.rows} 行完整。")


@click.command(help="把数据库和全部材料备份成一个文件；不含密钥，密钥请另行保管。可以在服务运行时做。")
@click.argument("file", type=FILE)
@with_appcontext
def backup(file: Path) -> None:
    """Write a backup and say what is in it."""
    from app import backup as making  # noqa: PLC0415 - of use to this command alone

    try:
        manifest = making.backup(file.absolute())
    except making.NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    size = file.stat().st_size / 1e6
    click.echo(
        f"已备份到 {file}：{sum(manifest.counts.values())} 行、{manifest.files} 份材料，{size:.1f} MB。"
    )
    if manifest.missing:
        click.echo(f"注意：{len(manifest.missing)} 份材料不在文件目录里，或者内容与登记的不符：")
        for key in manifest.missing[:20]:
            click.echo(f"    {key}")
    if manifest.audit:
        click.echo(f"审计日志末行：第 {manifest.audit['last_id']} 行，摘要 {manifest.audit['digest']}。")


@click.command(
    help="用备份恢复数据库和材料，随后核对。数据库或文件目录不为空时不做，除非加 --replace。请先停止服务。"
)
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="替换现有的全部数据和文件")
@click.pass_context
@with_appcontext
def restore(context: click.Context, file: Path, *, replace: bool) -> None:
    """Restore a backup and say what was found; the exit code is 1 where something is wrong."""
    from app import restore as restoring  # noqa: PLC0415 - of use to this command alone

    try:
        found = restoring.restore(file.absolute(), replace=replace)
    except restoring.NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    manifest = found.manifest
    click.echo(
        f"已恢复 {manifest.made_at} 的备份：{sum(manifest.counts.values())} 行、{manifest.files} 份材料。"
    )
    for name, (wanted, actual) in found.counts.items():
        click.echo(f"行数不符：{name} 备份时 {wanted} 行，现在 {actual} 行。")
    for name, sentence, rows in found.broken:
        click.echo(f"不成立：{sentence}（{name}），{len(rows)} 处。")
    if found.unknown_keys:
        click.echo(f"注意：有资料是用密钥 {'、'.join(found.unknown_keys)} 加密的，ZHIPING_KEYS 中没有它。")
    if manifest.missing:
        click.echo(f"注意：备份时已有 {len(manifest.missing)} 份材料缺失或与登记的不符。")
    _say_chain(found.chain)
    click.echo("核对无误。" if found.sound else "核对发现上面的问题，请查清后再开始服务。")
    if not found.sound:
        context.exit(1)


@click.command(
    help="换密钥：用 ZHIPING_KEYS 中第一个密钥重新加密；最后一个换了的，重算盲索引。可以中断后再运行。"
)
@click.option("--orphans", is_flag=True, help="线下形式审查中没有账号的人不再能按号码查到，也换")
@with_appcontext
def rekey(*, orphans: bool) -> None:
    """Bring everything under the keys in force and say which of them may go."""
    from app import rekey as rekeying  # noqa: PLC0415 - of use to this command alone
    from app import secret  # noqa: PLC0415 - as above

    try:
        done = rekeying.rekey(orphans=orphans)
    except rekeying.NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(
        f"用密钥 {done.key_id} 重新加密 {sum(done.sealed.values())} 行，重算盲索引 {sum(done.indexed.values())} 行。"
    )
    old = [key for key in secret.current().ids[1:] if key not in done.left]
    if done.left:
        click.echo(f"运行期间又有资料用 {'、'.join(done.left)} 加密，请再运行一次。")
    elif old:
        click.echo(
            f"{'、'.join(old)} 不再用于加密，可以从 ZHIPING_KEYS 去掉；去掉后请再运行一次 rekey，重算盲索引。"
        )


COMMANDS = (audit_group, backup, restore, rekey)
