/* Stands in for PowerShell, which is not to be had here, as far as one statement goes:

       cmd /d /c ('TEXT' -creplace 'SIGN','PHRASE' ...)

   It takes it as -EncodedCommand, as Ansible sends it, puts the text together, and runs cmd as PowerShell 5.1 would: the text in quotes.
   Anything else is refused with 64. */
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define TEXT_SIZE 32768
static wchar_t script[TEXT_SIZE], text[TEXT_SIZE], next[TEXT_SIZE], sign[TEXT_SIZE], phrase[TEXT_SIZE], line[TEXT_SIZE];

static int value_of(wchar_t letter)
{
    static const wchar_t letters[] = L"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const wchar_t *found = wcschr(letters, letter);
    return found && letter ? (int)(found - letters) : -1;
}

static void decode(const wchar_t *encoded)
{
    unsigned char *bytes = (unsigned char *)script;
    unsigned long bits = 0;
    int count = 0;
    size_t length = 0;

    for (; value_of(*encoded) >= 0; encoded++) {
        bits = bits << 6 | (unsigned long)value_of(*encoded);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[length++] = (unsigned char)(bits >> count);
        }
    }
}

static const wchar_t *skip(const wchar_t *at, const wchar_t *expected)
{
    if (wcsncmp(at, expected, wcslen(expected)))
        exit(64);
    return at + wcslen(expected);
}

/* A text in single quotes, in which two of them stand for one. */
static const wchar_t *literal(const wchar_t *at, wchar_t *into)
{
    at = skip(at, L"'");
    for (; at[0] != L'\'' || at[1] == L'\''; at++) {
        if (!*at)
            exit(64);
        if (*at == L'\'')
            at++;
        *into++ = *at;
    }
    *into = 0;
    return at + 1;
}

static void replace(void)
{
    const wchar_t *from = text, *found;

    next[0] = 0;
    while ((found = wcsstr(from, sign))) {
        wcsncat(next, from, (size_t)(found - from));
        wcscat(next, phrase);
        from = found + wcslen(sign);
    }
    wcscat(next, from);
    wcscpy(text, next);
}

int wmain(int count, wchar_t **arguments)
{
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    const wchar_t *at;
    DWORD code;

    if (count < 3 || wcscmp(arguments[count - 2], L"-EncodedCommand"))
        return 64;
    decode(arguments[count - 1]);
    at = literal(skip(script, L"cmd /d /c ("), text);
    while (*at == L' ') {
        at = literal(skip(at, L" -creplace "), sign);
        at = literal(skip(at, L","), phrase);
        replace();
    }
    skip(at, L")");
    swprintf(line, TEXT_SIZE, L"cmd.exe /d /c \"%ls\"", text);
    if (wcslen(line) > 8191 || !CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return 64;
    WaitForSingleObject(process.hProcess, INFINITE);
    return GetExitCodeProcess(process.hProcess, &code) ? (int)code : 64;
}
