/* trust.exe FILE...: makes each certificate (PEM) a trusted root of this Windows, for this user and
 * for the machine. For tests with a throwaway authority, under Wine, which shows no dialog. */
#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>

static int add(const BYTE *certificate, DWORD length, DWORD place)
{
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, place, L"Root");
    BOOL is_added = store
        && CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, certificate, length,
                                            CERT_STORE_ADD_REPLACE_EXISTING, NULL);
    if (!is_added)
        fprintf(stderr, "trust: the store cannot be changed (error %lu)\n", GetLastError());
    if (store)
        CertCloseStore(store, 0);
    return is_added;
}

int wmain(int count, wchar_t **words)
{
    static char text[65536];
    static BYTE certificate[65536];
    for (int at = 1; at < count; at++) {
        FILE *file = _wfopen(words[at], L"rb");
        if (!file) {
            fprintf(stderr, "trust: `%ls` cannot be read\n", words[at]);
            return 1;
        }
        DWORD read = (DWORD)fread(text, 1, sizeof text, file), length = sizeof certificate;
        fclose(file);
        if (!CryptStringToBinaryA(text, read, CRYPT_STRING_BASE64HEADER, certificate, &length, NULL,
                                  NULL)) {
            fprintf(stderr, "trust: `%ls` is no certificate\n", words[at]);
            return 1;
        }
        if (!add(certificate, length, CERT_SYSTEM_STORE_CURRENT_USER)
            || !add(certificate, length, CERT_SYSTEM_STORE_LOCAL_MACHINE))
            return 1;
    }
    return 0;
}
