"""What the conformance suite asks of a server, on the SDK's low level: tools, resources and prompts of its names."""

import base64
import typing

import anyio
import mcp_types as types
from mcp.shared.exceptions import MCPError

from assistant.mcp.calls import OpenCalls
from assistant.mcp.owner import SessionManager
from assistant.mcp.sdk import Server, StreamableHTTPSessionManager
from assistant.mcp.server import Context

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SILENCE = base64.b64encode(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0@\x1f\0\0\1\0\x08\0data\0\0\0\0").decode()
NO_ARGUMENTS: dict[str, typing.Any] = {"type": "object", "properties": {}}
DIALECT: dict[str, typing.Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
    "additionalProperties": False,
}
TEXT = types.TextContent(text="This is a simple text response for testing.")
IMAGE = types.ImageContent(data=PIXEL, mime_type="image/png")
AUDIO = types.AudioContent(data=SILENCE, mime_type="audio/wav")


def resource(uri: str, kind: str, text: str) -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=kind, text=text))


EMBEDDED = resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")
MIXED = resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
CONTENTS: dict[str, list[types.ContentBlock]] = {
    "test_simple_text": [TEXT],
    "test_image_content": [IMAGE],
    "test_audio_content": [AUDIO],
    "test_embedded_resource": [EMBEDDED],
    "test_multiple_content_types": [types.TextContent(text="Multiple content types test:"), IMAGE, MIXED],
    "test_tool_with_logging": [TEXT],
    "test_tool_with_progress": [TEXT],
    "json_schema_2020_12_tool": [TEXT],
    "test_reconnection": [TEXT],
}
ASKING = ("test_sampling", "test_elicitation", "test_elicitation_sep1034_defaults", "test_elicitation_sep1330_enums")
"""Tools that would have to ask their client something, which takes a session."""
NAMES = (*CONTENTS, "test_error_handling", *ASKING)


async def list_tools(context: Context, params: typing.Any) -> types.ListToolsResult:
    schemas = {"json_schema_2020_12_tool": DIALECT}
    tools = [
        types.Tool(name=name, description=f"For the suite: {name}.", input_schema=schemas.get(name, NO_ARGUMENTS))
        for name in NAMES
    ]
    return types.ListToolsResult(tools=tools)


async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    if params.name == "test_tool_with_progress":
        for step in (0, 50, 100):
            await context.session.report_progress(step, 100, f"step {step}")
    if params.name == "test_tool_with_logging":
        for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            note = types.LoggingMessageNotificationParams(level="info", data=text)
            await context.session.send_notification(
                types.LoggingMessageNotification(params=note), related_request_id=context.request_id
            )
            await anyio.sleep(0.05)  # as the suite describes this tool
    if params.name in CONTENTS:
        return types.CallToolResult(content=CONTENTS[params.name])
    if params.name == "test_error_handling":
        complaint = types.TextContent(text="This tool intentionally returns an error for testing")
        return types.CallToolResult(content=[complaint], is_error=True)
    raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")


async def list_resources(context: Context, params: typing.Any) -> types.ListResourcesResult:
    found = [
        types.Resource(uri=uri, name=uri, description="For the suite.", mime_type=kind)
        for uri, kind in (
            ("test://static-text", "text/plain"),
            ("test://static-binary", "image/png"),
            ("test://watched-resource", "text/plain"),
        )
    ]
    return types.ListResourcesResult(resources=found)


async def list_templates(context: Context, params: typing.Any) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(
        uri_template="test://template/{id}/data", name="template", mime_type="application/json"
    )
    return types.ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = str(params.uri)
    content: types.TextResourceContents | types.BlobResourceContents
    if uri == "test://static-binary":
        content = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PIXEL)
    elif uri.startswith("test://template/"):
        part = uri.split("/")[3]
        text = f'{{"id":"{part}","templateTest":true,"data":"Data for ID: {part}"}}'
        content = types.TextResourceContents(uri=uri, mime_type="application/json", text=text)
    else:
        text = "This is the content of the static text resource."
        content = types.TextResourceContents(uri=uri, mime_type="text/plain", text=text)
    return types.ReadResourceResult(contents=[content])


async def acknowledge(context: Context, params: typing.Any) -> types.EmptyResult:
    return types.EmptyResult()


def argument(name: str) -> types.PromptArgument:
    return types.PromptArgument(name=name, description="For the suite.", required=True)


async def list_prompts(context: Context, params: typing.Any) -> types.ListPromptsResult:
    arguments: dict[str, list[types.PromptArgument]] = {
        "test_simple_prompt": [],
        "test_prompt_with_arguments": [argument("arg1"), argument("arg2")],
        "test_prompt_with_embedded_resource": [argument("resourceUri")],
        "test_prompt_with_image": [],
    }
    prompts = [
        types.Prompt(name=name, description="For the suite.", arguments=needs) for name, needs in arguments.items()
    ]
    return types.ListPromptsResult(prompts=prompts)


async def get_prompt(context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    given = params.arguments or {}
    contents: dict[str, list[types.ContentBlock]] = {
        "test_simple_prompt": [types.TextContent(text="This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [
            types.TextContent(text=f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")
        ],
        "test_prompt_with_embedded_resource": [
            resource(given.get("resourceUri", "test://x"), "text/plain", "Embedded resource content for testing."),
            types.TextContent(text="Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [IMAGE, types.TextContent(text="Please analyze the image above.")],
    }
    messages = [types.PromptMessage(role="user", content=content) for content in contents[params.name]]
    return types.GetPromptResult(messages=messages)


async def complete(context: Context, params: typing.Any) -> types.CompleteResult:
    return types.CompleteResult(completion=types.Completion(values=[], total=0, has_more=False))


def make_fixture(calls: OpenCalls) -> SessionManager:
    """Return a manager as the desk's own is, with another server in it."""
    server: Server[typing.Any] = Server(
        "fixture",
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=acknowledge,
        on_unsubscribe_resource=acknowledge,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
        on_set_logging_level=acknowledge,
    )
    manager: typing.Any = StreamableHTTPSessionManager(server, stateless=True)
    return typing.cast(SessionManager, manager)
