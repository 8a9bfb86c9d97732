/* What the `dotnet` host does with the launcher, and no more: loads the library beside the dll and hands
 * it the command line. `.ci/platforms` builds it for C libraries and processors that no .NET host here
 * is made for.
 *
 *     launcher_host [exec] …/NAME.dll ARGUMENT…
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, const char **argv)
{
    static char path[PATH_MAX];
    /* `exec` is not passed on, as in `dotnet exec`. */
    if (argc > 1 && strcmp(argv[1], "exec") == 0) {
        argv[1] = argv[0];
        argv++;
        argc--;
    }
    if (argc < 2 || !realpath(argv[1], path))
        return 2;
    strcpy(strrchr(path, '/') + 1, "libhostpolicy.so");

    void *library = dlopen(path, RTLD_LAZY);
    if (!library) {
        fprintf(stderr, "cannot load %s: %s\n", path, dlerror());
        return 3;
    }
    int (*load)(const void *) = (int (*)(const void *))dlsym(library, "corehost_load");
    int (*start)(int, const char **) = (int (*)(int, const char **))dlsym(library, "corehost_main");
    int (*unload)(void) = (int (*)(void))dlsym(library, "corehost_unload");
    if (!load || !start || !unload || load(NULL) != 0) {
        fprintf(stderr, "%s is not a launcher\n", path);
        return 3;
    }
    int code = start(argc, argv);
    unload();
    return code;
}
