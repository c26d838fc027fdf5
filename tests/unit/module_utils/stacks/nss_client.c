/* Connects to a port of the loopback with NSS, as a mail program does, and goes on until the peer hangs up:
   nss_client PORT LOWEST HIGHEST, where the versions may be empty. */
#include <stdlib.h>
#include <string.h>

#include <nspr.h>
#include <nss.h>
#include <ssl.h>
#include <sslproto.h>

static PRUint16 wire(const char *name, PRUint16 otherwise)
{
    if (!strcmp(name, "TLSv1")) return SSL_LIBRARY_VERSION_TLS_1_0;
    if (!strcmp(name, "TLSv1.1")) return SSL_LIBRARY_VERSION_TLS_1_1;
    if (!strcmp(name, "TLSv1.2")) return SSL_LIBRARY_VERSION_TLS_1_2;
    if (!strcmp(name, "TLSv1.3")) return SSL_LIBRARY_VERSION_TLS_1_3;
    return otherwise;
}

int main(int count, char **arguments)
{
    PRNetAddr address;
    SSLVersionRange range;
    PRFileDesc *connection = NULL;

    if (count != 4 || NSS_NoDB_Init(NULL) != SECSuccess || NSS_SetDomesticPolicy() != SECSuccess) return 2;
    SSL_VersionRangeGetDefault(ssl_variant_stream, &range);
    range.min = wire(arguments[2], range.min);
    range.max = wire(arguments[3], range.max);
    PR_InitializeNetAddr(PR_IpAddrLoopback, (PRUint16)atoi(arguments[1]), &address);
    connection = SSL_ImportFD(NULL, PR_NewTCPSocket());
    if (!connection || SSL_VersionRangeSet(connection, &range) != SECSuccess) return 3;
    SSL_SetURL(connection, "outlook.office365.com");
    if (PR_Connect(connection, &address, PR_INTERVAL_NO_TIMEOUT) != PR_SUCCESS) return 4;
    return SSL_ForceHandshake(connection) == SECSuccess ? 0 : 1;
}
