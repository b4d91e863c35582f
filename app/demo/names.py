"""Words that synthetic people, units and committees are named from. None of them is anybody.

Bureaus, health and education offices carry the names such offices have in every town; hospitals, schools and firms
are put together from syllables.
"""

from app.states import Education, UnitKind

SURNAMES = "王李张刘陈杨黄周吴赵谭肖彭邓曾罗唐胡贺龙易颜文汤戴夏喻邹蒋段余成宋谢廖石姜尹钟"
GIVEN = (
    "文建国志明海波俊伟军强涛鹏飞宇浩然子涵雅琴素芬慧玲晓红丽娟敏静艳霞雪梅桂英思远嘉怡佳琪泽民立新光辉永清"
    "秋菊春兰德胜世杰家豪梦婷诗琪翠兰金莲卫东向阳"
)
SYLLABLES = ("金永兴文明安和清云石东南西北长青白龙凤朝", "江河山溪塘湖洲林坪岭泉桥田湾源洞亭浦阳沙")

#: Endings of employers' names by kind; the region's name goes first.
ENDINGS: dict[UnitKind, tuple[str, ...]] = {
    UnitKind.HOSPITAL: ("医院", "中心卫生院", "社区卫生服务中心", "妇幼保健院"),
    UnitKind.SCHOOL: ("中学", "小学", "中等职业学校", "实验学校"),
    UnitKind.INSTITUTION: ("农业技术推广中心", "文化馆", "图书馆", "水利工程管理站", "质量检验所"),
    UnitKind.STATE_GROUP: ("城市建设集团有限公司", "交通建设集团有限公司", "水务集团有限公司"),
    UnitKind.STATE_SUBSIDIARY: ("市政工程有限责任公司", "设计咨询有限责任公司", "物资有限责任公司"),
    UnitKind.PRIVATE: ("科技有限公司", "机械制造有限公司", "建筑工程有限公司", "环保科技有限公司"),
    UnitKind.SOCIAL: ("行业协会", "技术学会"),
    UnitKind.AGENCY: ("人才服务有限公司",),
    UnitKind.SOLE_TRADER: ("工程设计工作室",),
}
#: First two characters of the credit code (GB 32100, tables 1 and 2).
PREFIX = {
    UnitKind.OFFICE: "11",
    UnitKind.CITY_SUPERIOR: "11",
    UnitKind.HOSPITAL: "12",
    UnitKind.SCHOOL: "12",
    UnitKind.INSTITUTION: "12",
    UnitKind.STATE_GROUP: "91",
    UnitKind.STATE_SUBSIDIARY: "91",
    UnitKind.PRIVATE: "91",
    UnitKind.SOCIAL: "51",
    UnitKind.AGENCY: "91",
    UnitKind.SOLE_TRADER: "92",
}
#: How often each kind of employer occurs among twenty.
KINDS = (
    *(UnitKind.HOSPITAL,) * 5,
    *(UnitKind.SCHOOL,) * 5,
    *(UnitKind.INSTITUTION,) * 2,
    *(UnitKind.PRIVATE,) * 4,
    UnitKind.STATE_GROUP,
    UnitKind.STATE_SUBSIDIARY,
    UnitKind.SOCIAL,
    UnitKind.AGENCY,
)
#: Superior offices by line of business: the name in a province, in a prefecture, in a county.
LINES = {
    "health": ("卫生健康委员会", "卫生健康委员会", "卫生健康局"),
    "education": ("教育厅", "教育局", "教育局"),
    "farming": ("农业农村厅", "农业农村局", "农业农村局"),
    "building": ("住房和城乡建设厅", "住房和城乡建设局", "住房和城乡建设局"),
    "culture": ("文化和旅游厅", "文化旅游广电体育局", "文化旅游广电体育局"),
}
#: The line under which an employer of a kind usually hangs; the others report directly.
LINE_OF = {
    UnitKind.HOSPITAL: "health",
    UnitKind.SCHOOL: "education",
    UnitKind.INSTITUTION: "farming",
}
BUREAU = ("人力资源和社会保障厅", "人力资源和社会保障局", "人力资源和社会保障局")
DEPARTMENTS = {
    UnitKind.HOSPITAL: ("心血管内科", "普外科", "儿科", "护理部", "药剂科", "检验科"),
    UnitKind.SCHOOL: ("语文教研组", "数学教研组", "英语教研组", "教务处"),
}
OTHER_DEPARTMENTS = ("技术部", "工程部", "综合科", "质量部")

#: 评审专业 of a series, by branch of the title where it matters.
SPECIALTIES: dict[str, dict[str, tuple[str, ...]]] = {
    "04": {
        "医": ("心血管内科", "普通外科", "儿科学", "妇产科学"),
        "药": ("医院药学",),
        "护": ("护理学",),
        "技": ("临床医学检验", "医学影像技术"),
    },
    "05": {"": ("建筑工程", "机械工程", "电子信息工程", "环境工程", "交通工程")},
    "06": {
        "农艺": ("作物栽培",),
        "畜牧": ("畜牧养殖",),
        "兽医": ("动物疫病防治",),
        "推广": ("农业技术推广",),
    },
    "22": {"": ("语文", "数学", "英语", "物理", "信息技术")},
    "17": {"": ("会计",)},
    "19": {"经济": ("工商管理",), "人力资源": ("人力资源管理",), "知识产权": ("知识产权",)},
}
#: Kinds of employer whose people apply in a series; elsewhere anybody.
APPLY = {
    "04": (UnitKind.HOSPITAL,),
    "22": (UnitKind.SCHOOL,),
    "21": (UnitKind.SCHOOL,),
    "06": (UnitKind.INSTITUTION,),
}

EDUCATIONS = (
    *(Education.BACHELOR,) * 6,
    *(Education.MASTER,) * 3,
    *(Education.COLLEGE,) * 2,
    Education.DOCTOR,
)
SUMMARIES = (
    "近五年主持单位课题两项，参与行业标准一项，发表论文三篇。",
    "承担一线技术工作，解决疑难技术问题十余项，获市级科技进步三等奖一项。",
    "长期在基层工作，带教青年骨干八人，编写技术规程两部。",
    "主持推广新技术三项，授权实用新型专利一项，年度考核连续三年优秀。",
)
RETURNS = (
    "一、继续教育学时证明缺 2025 年度；二、评审表签名页不清晰，请重新扫描。",
    "一、学历证书与所填毕业时间不一致；二、述职报告未签字。",
    "业绩成果第二项缺少证明材料，请补充结题证书或验收意见。",
)
REJECTS = (
    "现职称任职年限不足，不符合申报条件。",
    "申报专业与所从事专业不一致。",
    "主要业绩未能提供原始证明。",
)
OPINIONS = (
    "业绩较为突出，能独立解决本专业疑难问题。",
    "专业理论扎实，完成任务较好。",
    "业绩材料支撑不足，建议继续积累。",
)
OBJECTION = "来信反映论文署名次序与所填不一致，正在向期刊核实。"


def word(number: int) -> str:
    """Give the two-syllable proper name with this number; four hundred differ."""
    first, second = SYLLABLES
    return first[number % len(first)] + second[number // len(first) % len(second)]
