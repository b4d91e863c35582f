"""What people agree to, word for word, under a version that is kept with their consent.

The 用户告知承诺书 follows the annex of seed 000 in our own words; 个人承诺 is the tick of the application (order no. 40,
art. 24: who applies answers for what is handed in); the two agreements are those of the personal sign-up (seed 001),
with what the personal information law asks to be said (domain 6.2). A changed text gets a new version; old ones stay
in the history of this file.
"""

from app.words import N_

#: Of the 用户告知承诺书, kept in `registration.commitment_version`.
VERSION = "2026-01"

NOTICE = (
    N_(
        "参加专家项目、职称、继续教育等申报的单位，可以自愿申请成为本系统的用户；用户按规定申请开设账号，系统按用户的角色给予相应权限。"
    ),
    N_("用户在本系统上的言行应当遵守法律法规；违反的，依法承担责任。"),
    N_(
        "用户在权限范围内办理的业务、上传的数据应当真实、准确、有效；对应的书面材料由用户妥善保管，以备审核。"
    ),
    N_(
        "因系统自身原因给用户造成不便或者损失的，由系统改进或者承担；因网络故障、病毒攻击等不可控因素造成业务中断、数据丢失的，用户应当及时重新办理、重新上传，或者改用其他方式办理。"
    ),
    N_(
        "用户违反有关规定使用系统的，经办机构有权要求立即整改；拒不整改的，有权终止其账号或者权限，并保留依法追究其他责任的权利。"
    ),
)
PROMISES = (
    N_("本用户有违反法律法规的言行的，由本用户负责。"),
    N_("本用户办理的业务、上传的数据是本用户真实、自由的表达，由此带来的纠纷由本用户负责。"),
    N_("本用户愿意接受主管部门和经办机构终止本用户或者本用户权限的约束。"),
)
#: The rows of 用户主要信息 under the promises: three persons, filled in by hand.
PERSONS = (N_("法人代表姓名"), N_("工作负责人"), N_("经办人员"))

#: Of the two agreements of a personal account, kept in `applicant.agreed_version`.
AGREED = "S2026-01 P2026-01"

SERVICE = (
    N_(
        "账号由本人注册、本人使用，不得转借他人。注册时填写的姓名、身份证号码和手机号码应当真实，并与本人证件一致。"
    ),
    N_(
        "一个身份证号码、一个手机号码只能注册一个账号。密码由本人保管；发现账号被他人使用的，应当立即修改密码并告知所在单位。"
    ),
    N_("通过账号提交的申报信息和材料，由本人对其真实性负责；弄虚作假的，按职称评审管理规定处理。"),
    N_("系统以站内通知告知办理进度，请在截止时间以前办理补正等事项；逾期未办的，按评审计划的规定处理。"),
)
PRIVACY = (
    N_(
        "我们处理您的姓名、身份证号码、手机号码、性别、出生日期、工作单位、学历、现职称和申报材料，目的只有一个：办理职称申报、审核、公示、评审和发证。"
    ),
    N_("身份证号码、手机号码和出生日期加密保存，页面上只显示一部分；查看完整号码须有权限，并留有记录。"),
    N_(
        "您的申报信息提供给所在单位、上级单位、人社部门和评委会办公室，只限于他们办理您的申报所必需；公示只列姓名、单位、专业和职称。"
    ),
    N_(
        "申报档案按档案管理的规定保存。您可以在“我的档案”查看和更正自己的信息，也可以向所在统筹区的主管机构提出更正、删除或者其他请求。"
    ),
    N_("本系统不向别的网站发送您的信息，不使用跟踪用的 Cookie。"),
)

#: The tick of an application.
PERSONAL = N_(
    "本人承诺：所填信息和所传材料真实、准确、完整，如有虚假，自愿承担取消申报资格、撤销职称等后果。"
)
