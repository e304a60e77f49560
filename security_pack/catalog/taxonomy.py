"""The names behind the ids of `maps:`, in the catalogues of OWASP, MITRE ATLAS and CWE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from security_pack.catalog.probe import TaxonomyIds

OWASP_LLM: Mapping[str, str] = {
    "LLM01": "Prompt Injection",
    "LLM02": "Sensitive Information Disclosure",
    "LLM03": "Supply Chain",
    "LLM04": "Data and Model Poisoning",
    "LLM05": "Improper Output Handling",
    "LLM06": "Excessive Agency",
    "LLM07": "System Prompt Leakage",
    "LLM08": "Vector and Embedding Weaknesses",
    "LLM09": "Misinformation",
    "LLM10": "Unbounded Consumption",
}
"""OWASP Top 10 for LLM Applications 2025: https://genai.owasp.org/llm-top-10/"""

OWASP_ASI: Mapping[str, str] = {
    "ASI01": "Agent Goal Hijack",
    "ASI02": "Tool Misuse and Exploitation",
    "ASI03": "Identity and Privilege Abuse",
    "ASI04": "Agentic Supply Chain Vulnerabilities",
    "ASI05": "Unexpected Code Execution (RCE)",
    "ASI06": "Memory & Context Poisoning",
    "ASI07": "Insecure Inter-Agent Communication",
    "ASI08": "Cascading Failures",
    "ASI09": "Human-Agent Trust Exploitation",
    "ASI10": "Rogue Agents",
}
"""OWASP Top 10 for Agentic Applications 2026: see `_AGENTIC` for the page."""

ATLAS: Mapping[str, str] = {
    "AML.T0024": "Exfiltration via AI Inference API",
    "AML.T0025": "Exfiltration via Cyber Means",
    "AML.T0029": "Denial of AI Service",
    "AML.T0034": "Cost Harvesting",
    "AML.T0034.000": "Cost Harvesting: Excessive Queries",
    "AML.T0034.001": "Cost Harvesting: Resource-Intensive Queries",
    "AML.T0034.002": "Cost Harvesting: Agentic Resource Consumption",
    "AML.T0048": "External Harms",
    "AML.T0048.000": "External Harms: Financial Harm",
    "AML.T0050": "Command and Scripting Interpreter",
    "AML.T0051": "LLM Prompt Injection",
    "AML.T0051.000": "LLM Prompt Injection: Direct",
    "AML.T0051.001": "LLM Prompt Injection: Indirect",
    "AML.T0051.002": "LLM Prompt Injection: Triggered",
    "AML.T0053": "AI Agent Tool Invocation",
    "AML.T0054": "LLM Jailbreak",
    "AML.T0056": "Extract LLM System Prompt",
    "AML.T0057": "LLM Data Leakage",
    "AML.T0061": "LLM Prompt Self-Replication",
    "AML.T0065": "LLM Prompt Crafting",
    "AML.T0067": "LLM Trusted Output Components Manipulation",
    "AML.T0068": "LLM Prompt Obfuscation",
    "AML.T0069.002": "Discover LLM System Information: System Prompt",
    "AML.T0070": "RAG Poisoning",
    "AML.T0077": "LLM Response Rendering",
    "AML.T0080": "AI Agent Context Poisoning",
    "AML.T0080.000": "AI Agent Context Poisoning: Memory",
    "AML.T0080.001": "AI Agent Context Poisoning: Thread",
    "AML.T0081": "Modify AI Agent Configuration",
    "AML.T0084.001": "Discover AI Agent Configuration: Tool Definitions",
    "AML.T0085.001": "Data from AI Services: AI Agent Tools",
    "AML.T0086": "Exfiltration via AI Agent Tool Invocation",
    "AML.T0092": "Manipulate User LLM Chat History",
    "AML.T0093": "Prompt Infiltration via Public-Facing Application",
    "AML.T0094": "Delay Execution of LLM Instructions",
    "AML.T0098": "AI Agent Tool Credential Harvesting",
    "AML.T0099": "AI Agent Tool Data Poisoning",
    "AML.T0101": "Data Destruction via AI Agent Tool Invocation",
    "AML.T0110": "AI Agent Tool Poisoning",
}
"""Those techniques of MITRE ATLAS that probes of agents refer to: https://atlas.mitre.org/techniques"""

CWE: Mapping[int, str] = {
    20: "Improper Input Validation",
    22: "Improper Limitation of a Pathname to a Restricted Directory ('Path Traversal')",
    74: "Improper Neutralization of Special Elements in Output Used by a Downstream Component ('Injection')",
    78: "Improper Neutralization of Special Elements used in an OS Command ('OS Command Injection')",
    79: "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')",
    80: "Improper Neutralization of Script-Related HTML Tags in a Web Page (Basic XSS)",
    89: "Improper Neutralization of Special Elements used in an SQL Command ('SQL Injection')",
    94: "Improper Control of Generation of Code ('Code Injection')",
    116: "Improper Encoding or Escaping of Output",
    150: "Improper Neutralization of Escape, Meta, or Control Sequences",
    176: "Improper Handling of Unicode Encoding",
    183: "Permissive List of Allowed Inputs",
    200: "Exposure of Sensitive Information to an Unauthorized Actor",
    201: "Insertion of Sensitive Information Into Sent Data",
    212: "Improper Removal of Sensitive Information Before Storage or Transfer",
    285: "Improper Authorization",
    294: "Authentication Bypass by Capture-replay",
    345: "Insufficient Verification of Data Authenticity",
    349: "Acceptance of Extraneous Untrusted Data With Trusted Data",
    359: "Exposure of Private Personal Information to an Unauthorized Actor",
    367: "Time-of-check Time-of-use (TOCTOU) Race Condition",
    400: "Uncontrolled Resource Consumption",
    436: "Interpretation Conflict",
    441: "Unintended Proxy or Intermediary ('Confused Deputy')",
    451: "User Interface (UI) Misrepresentation of Critical Information",
    497: "Exposure of Sensitive System Information to an Unauthorized Control Sphere",
    502: "Deserialization of Untrusted Data",
    522: "Insufficiently Protected Credentials",
    532: "Insertion of Sensitive Information into Log File",
    601: "URL Redirection to Untrusted Site ('Open Redirect')",
    639: "Authorization Bypass Through User-Controlled Key",
    674: "Uncontrolled Recursion",
    694: "Use of Multiple Resources with Duplicate Identifier",
    707: "Improper Neutralization",
    770: "Allocation of Resources Without Limits or Throttling",
    799: "Improper Control of Interaction Frequency",
    807: "Reliance on Untrusted Inputs in a Security Decision",
    829: "Inclusion of Functionality from Untrusted Control Sphere",
    834: "Excessive Iteration",
    837: "Improper Enforcement of a Single, Unique Action",
    838: "Inappropriate Encoding for Output Context",
    862: "Missing Authorization",
    863: "Incorrect Authorization",
    915: "Improperly Controlled Modification of Dynamically-Determined Object Attributes",
    918: "Server-Side Request Forgery (SSRF)",
    1007: "Insufficient Visual Distinction of Homoglyphs Presented to User",
    1236: "Improper Neutralization of Formula Elements in a CSV File",
    1284: "Improper Validation of Specified Quantity in Input",
    1321: "Improperly Controlled Modification of Object Prototype Attributes ('Prototype Pollution')",
    1426: "Improper Validation of Generative AI Output",
    1427: "Improper Neutralization of Input Used for LLM Prompting",
}
"""Those weaknesses that probes of agents refer to, of the list at https://cwe.mitre.org/data/"""


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of somebody's catalogue; `name` is "" where we do not know it."""

    catalogue: str
    id: str
    name: str
    url: str


def references_of(maps: TaxonomyIds) -> Iterator[Reference]:
    """What `maps` refers to, in full."""
    for llm in maps.owasp_llm:
        yield Reference(
            "OWASP LLM 2025", f"{llm}:2025", OWASP_LLM.get(llm, ""), "https://genai.owasp.org/llm-top-10/"
        )
    for asi in maps.owasp_asi:
        yield Reference("OWASP Agentic 2026", asi, OWASP_ASI.get(asi, ""), _AGENTIC)
    for technique in maps.atlas:
        url = f"https://atlas.mitre.org/techniques/{technique}"
        yield Reference("MITRE ATLAS", technique, ATLAS.get(technique, ""), url)
    for number in maps.cwe:
        url = f"https://cwe.mitre.org/data/definitions/{number}.html"
        yield Reference("CWE", f"CWE-{number}", CWE.get(number, ""), url)


_AGENTIC = "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/"
