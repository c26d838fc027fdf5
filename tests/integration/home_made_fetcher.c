/* A fetcher that somebody once made for one host: home_made_fetcher SERVER PORT. It links a libssl of its own, whose headers are in no
   package any more, and sets nothing of TLS. What it fetches is the server's greeting. */
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct session SSL;
typedef struct context SSL_CTX;
int SSL_library_init(void);
const void *SSLv23_client_method(void);
SSL_CTX *SSL_CTX_new(const void *);
SSL *SSL_new(SSL_CTX *);
int SSL_set_fd(SSL *, int);
int SSL_connect(SSL *);
int SSL_read(SSL *, void *, int);

int main(int count, char **words) {
    struct addrinfo *place, wanted = {.ai_socktype = SOCK_STREAM};
    if (count != 3 || getaddrinfo(words[1], words[2], &wanted, &place) != 0) return 2;
    int end = socket(place->ai_family, SOCK_STREAM, 0);
    if (connect(end, place->ai_addr, place->ai_addrlen) != 0) return 3;
    SSL_library_init();
    SSL *session = SSL_new(SSL_CTX_new(SSLv23_client_method()));
    char greeting[512];
    SSL_set_fd(session, end);
    if (SSL_connect(session) != 1 || SSL_read(session, greeting, sizeof greeting) < 1) return 1;
    sleep(2);
    return 0;
}
