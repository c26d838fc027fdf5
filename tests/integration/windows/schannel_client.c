/* A client of Windows' own TLS interface (SSPI): connects to ADDRESS PORT twice, taking the default, and asking for TLS 1.2 by name.
   Prints for each whether the handshake was completed. The certificate is not looked at: versions are what matters. */
#define SECURITY_WIN32
#include <winsock2.h>
#include <windows.h>
#include <schannel.h>
#include <security.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUEST (ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM)
static char received[65536];

static SOCKET reach(const char *address, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((u_short)atoi(port))};
    SOCKET connection = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = inet_addr(address);
    if (connect(connection, (struct sockaddr *)&to, sizeof to)) {
        fprintf(stderr, "no connection: %d\n", WSAGetLastError());
        exit(2);
    }
    return connection;
}

static int shake_hands(const char *address, const char *port, DWORD protocols)
{
    SCHANNEL_CRED wanted = {
        .dwVersion = SCHANNEL_CRED_VERSION,
        .grbitEnabledProtocols = protocols,
        .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS,
    };
    CredHandle credentials;
    CtxtHandle context;
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, &wanted, NULL, NULL, &credentials, NULL);
    SOCKET connection;
    ULONG attributes;
    int length = 0, begun = 0;

    if (status != SEC_E_OK)
        return 0;
    connection = reach(address, port);
    for (;;) {
        SecBuffer given[2] = {{length, SECBUFFER_TOKEN, received}, {0, SECBUFFER_EMPTY, NULL}};
        SecBuffer written[1] = {{0, SECBUFFER_TOKEN, NULL}};
        SecBufferDesc input = {SECBUFFER_VERSION, 2, given}, output = {SECBUFFER_VERSION, 1, written};

        status = InitializeSecurityContextA(&credentials, begun ? &context : NULL, "lab", REQUEST, 0, 0, begun ? &input : NULL, 0,
                                            begun ? NULL : &context, &output, &attributes, NULL);
        begun = 1;
        if (written[0].cbBuffer)
            send(connection, written[0].pvBuffer, (int)written[0].cbBuffer, 0);
        if (status == SEC_I_CONTINUE_NEEDED && given[1].BufferType == SECBUFFER_EXTRA) {
            memmove(received, received + length - given[1].cbBuffer, given[1].cbBuffer);
            length = (int)given[1].cbBuffer;
            continue;
        }
        if (status == SEC_I_CONTINUE_NEEDED)
            length = 0;
        else if (status != SEC_E_INCOMPLETE_MESSAGE)
            break;
        int count = recv(connection, received + length, (int)sizeof received - length, 0);
        if (count <= 0)
            break;
        length += count;
    }
    closesocket(connection);
    return status == SEC_E_OK;
}

int main(int count, char **arguments)
{
    WSADATA data;

    if (count != 3 || WSAStartup(MAKEWORD(2, 2), &data))
        return 2;
    printf("default %d\n", shake_hands(arguments[1], arguments[2], 0));
    printf("by name %d\n", shake_hands(arguments[1], arguments[2], SP_PROT_TLS1_2_CLIENT));
    return 0;
}
