"""The application for `flask --app run`, and `make run`: set up what is missing, then serve on loopback."""

import os

from app import create_app

app = create_app()

DEMO = ("--units", "30", "--applications", "120", "--seed", "7", "--today", "2026-09-07")


def main() -> None:
    """Initialise at first start, with a small demo set, say where and who, and serve."""
    from app import setup

    with app.app_context():
        code = setup.initialise()
    if code and app.extensions["zhiping"].demo:
        app.test_cli_runner().invoke(args=["demo", *DEMO])
    port = int(os.environ.get("PORT", "8080"))
    say_hello(port, code)
    app.run(host="127.0.0.1", port=port, threaded=True)


def say_hello(port: int, code: str | None) -> None:
    """Print the address and the accounts to try."""
    from app import demo

    print(f"\n职评 Zhiping  http://127.0.0.1:{port}/\n")
    if app.extensions["zhiping"].demo:
        print("演示账号（密码都是 " + demo.PASSWORD + "）：")
        for username, words in demo.CAST:
            print(f"  {username:<10} {words}")
    if code:
        print(f"\n系统管理员：admin，一次性激活码 {code}（首次登录须改密码）")
    print()


if __name__ == "__main__":
    main()
