/* with.exe NAME=VALUE... FILE ARG...: starts a program with these variables and returns its exit code.
 * Wine takes USERPROFILE, APPDATA, TEMP and the like from its registry, whatever the environment of
 * the Linux process that starts it says. */
#include <windows.h>
#include <shellapi.h>
#include <stdio.h>

/* The command line behind its first word, as Windows programs split it. */
static wchar_t *after_word(wchar_t *line)
{
    int is_quoted = 0, backslashes = 0;
    for (; *line && (is_quoted || (*line != L' ' && *line != L'\t')); line++) {
        if (*line == L'"' && backslashes % 2 == 0)
            is_quoted = !is_quoted;
        backslashes = *line == L'\\' ? backslashes + 1 : 0;
    }
    while (*line == L' ' || *line == L'\t')
        line++;
    return line;
}

int main(void)
{
    int count, at = 1;
    wchar_t *line = after_word(GetCommandLineW());
    wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
    for (; at < count && wcschr(words[at], L'='); at++) {
        wchar_t *value = wcschr(words[at], L'=');
        *value++ = 0;
        SetEnvironmentVariableW(words[at], *value ? value : NULL);
        line = after_word(line);
    }
    STARTUPINFOW start = {sizeof start};
    PROCESS_INFORMATION program;
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &program)) {
        fprintf(stderr, "with: `%ls` cannot be started (error %lu)\n", line, GetLastError());
        return 127;
    }
    DWORD code = 1;
    WaitForSingleObject(program.hProcess, INFINITE);
    GetExitCodeProcess(program.hProcess, &code);
    return (int)code;
}
