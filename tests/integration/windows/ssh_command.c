/* What sshd of Windows does with a command: cmd.exe /c and the text as it came. Wine would put quotes of its own around arguments. */
#include <wchar.h>
#include <windows.h>

#define LINE 32767
static const wchar_t shell[] = L"cmd.exe /c ";

int wmain(void)
{
    static wchar_t line[LINE];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD code;
    size_t length = wcslen(shell);

    wcscpy(line, shell);
    if (!GetEnvironmentVariableW(L"SSH_COMMAND", line + length, LINE - length))
        return 255;
    SetEnvironmentVariableW(L"SSH_COMMAND", NULL);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return 255;
    WaitForSingleObject(process.hProcess, INFINITE);
    return GetExitCodeProcess(process.hProcess, &code) ? (int)code : 255;
}
