/* A PACE terminal made of OpenPACE (libeac): another implementation that opens the simulated chip.
 *
 * usage: terminal CARDACCESS-HEX CAN OID-HEX
 * EF.CardAccess offers one way of PACE, whose protocol is OID (contents of the identifier).
 * Commands go to standard output and responses come on standard input, one hexadecimal line each. After PACE it reads the first
 * eight bytes of EF.COM under secure messaging and prints "file HEX". Exit code: 0 good, 1 refused by the chip, 2 anything else.
 */
#include <eac/eac.h>
#include <eac/pace.h>
#include <openssl/buffer.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what) { fprintf(stderr, "terminal: %s\n", what); exit(2); }

static BUF_MEM *buffer(const unsigned char *data, size_t len)
{
    BUF_MEM *b = BUF_MEM_new();
    if (!b || !BUF_MEM_grow(b, len)) die("no memory");
    if (len) memcpy(b->data, data, len);
    return b;
}

static size_t unhex(const char *text, unsigned char *out, size_t max)
{
    size_t n = 0;
    unsigned int byte;
    while (n < max && sscanf(text, "%2x", &byte) == 1) { out[n++] = byte; text += 2; }
    return n;
}

static void print(const char *before, const unsigned char *data, size_t len)
{
    fputs(before, stdout);
    for (size_t i = 0; i < len; i++) printf("%02x", data[i]);
    putchar('\n');
    fflush(stdout);
}

/* exchange sends a command and gives the response's data; a status other than 9000 ends the program. */
static size_t exchange(const unsigned char *cmd, size_t len, unsigned char *out, size_t max)
{
    char line[8192];
    print("", cmd, len);
    if (!fgets(line, sizeof line, stdin)) die("no response");
    size_t n = unhex(line, out, max);
    if (n < 2) die("short response");
    if (out[n - 2] != 0x90 || out[n - 1] != 0x00) {
        fprintf(stderr, "terminal: status %02x%02x\n", out[n - 2], out[n - 1]);
        exit(1);
    }
    return n - 2;
}

static size_t put_length(unsigned char *p, size_t n)
{
    if (n < 0x80) { p[0] = n; return 1; }
    if (n < 0x100) { p[0] = 0x81; p[1] = n; return 2; }
    p[0] = 0x82; p[1] = n >> 8; p[2] = n;
    return 3;
}

static const unsigned char *get_length(const unsigned char *p, size_t *n)
{
    if (p[0] < 0x80) { *n = p[0]; return p + 1; }
    if (p[0] == 0x81) { *n = p[1]; return p + 2; }
    if (p[0] != 0x82) die("bad length");
    *n = p[1] << 8 | p[2];
    return p + 3;
}

/* general does one GENERAL AUTHENTICATE: data go in under tag, and what comes back is taken out of 7C LL tag+1 LL. */
static BUF_MEM *general(int last, unsigned char tag, const BUF_MEM *data)
{
    unsigned char inner[1024], cmd[1100], out[2048];
    size_t n = 0, p = 0, outer, len;
    if (data) {
        if (data->length > 1000) die("key too long");
        inner[n++] = tag;
        n += put_length(inner + n, data->length);
        memcpy(inner + n, data->data, data->length);
        n += data->length;
    }
    unsigned char head[4] = {0x7c};
    outer = 1 + put_length(head + 1, n);
    cmd[p++] = last ? 0x00 : 0x10; cmd[p++] = 0x86; cmd[p++] = 0; cmd[p++] = 0;
    int extended = outer + n > 240;
    if (extended) { cmd[p++] = 0; cmd[p++] = (outer + n) >> 8; }
    cmd[p++] = outer + n;
    memcpy(cmd + p, head, outer); p += outer;
    memcpy(cmd + p, inner, n); p += n;
    cmd[p++] = 0;
    if (extended) cmd[p++] = 0;
    size_t got = exchange(cmd, p, out, sizeof out);
    if (got < 4 || out[0] != 0x7c) die("bad dynamic authentication data");
    const unsigned char *v = get_length(out + 1, &len);
    if (v + len != out + got || v[0] != (data ? tag + 1 : 0x80)) die("bad dynamic authentication data");
    v = get_length(v + 1, &len);
    if (v + len != out + got) die("bad dynamic authentication data");
    return buffer(v, len);
}

static void pace(EAC_CTX *ctx, const char *can, const char *oid)
{
    unsigned char out[16], set[64] = {0x00, 0x22, 0xc1, 0xa4, 0, 0x80};
    size_t n = unhex(oid, set + 7, 32);
    set[6] = n;
    memcpy(set + 7 + n, "\x83\x01\x02", 3);
    set[4] = n + 5;
    PACE_SEC *sec = PACE_SEC_new(can, strlen(can), PACE_CAN);
    exchange(set, n + 10, out, sizeof out);
    if (!sec || !PACE_STEP2_dec_nonce(ctx, sec, general(0, 0x80, NULL))) die("nonce");
    if (!PACE_STEP3A_map_generator(ctx, general(0, 0x81, PACE_STEP3A_generate_mapping_data(ctx)))) die("mapping");
    BUF_MEM *theirs = general(0, 0x83, PACE_STEP3B_generate_ephemeral_key(ctx));
    if (!PACE_STEP3B_compute_shared_secret(ctx, theirs) || !PACE_STEP3C_derive_keys(ctx)) die("key agreement");
    BUF_MEM *token = general(1, 0x85, PACE_STEP3D_compute_authentication_token(ctx, theirs));
    if (PACE_STEP3D_verify_authentication_token(ctx, token) != 1) die("the chip's token is wrong");
    if (!EAC_CTX_set_encryption_ctx(ctx, EAC_ID_PACE)) die("secure messaging");
}

/* mac authenticates the padded header and the padded objects; either may be empty. */
static BUF_MEM *mac(EAC_CTX *ctx, const unsigned char *header, size_t hlen, const unsigned char *body, size_t blen)
{
    unsigned char m[600];
    size_t n = 0;
    for (int i = 0; i < 2; i++) {
        size_t len = i ? blen : hlen;
        if (!len) continue;
        BUF_MEM *padded = EAC_add_iso_pad(ctx, buffer(i ? body : header, len));
        if (!padded || n + padded->length > sizeof m) die("padding");
        memcpy(m + n, padded->data, padded->length);
        n += padded->length;
    }
    return EAC_authenticate(ctx, buffer(m, n));
}

/* protect sends header and Le 08 protected, and gives the response's data field after its MAC was checked. */
static size_t protect(EAC_CTX *ctx, const unsigned char *header, const unsigned char *body, size_t blen, unsigned char *out, size_t max)
{
    unsigned char cmd[300];
    if (!EAC_increment_ssc(ctx)) die("counter");
    BUF_MEM *m = mac(ctx, header, 4, body, blen);
    if (!m || m->length != 8) die("mac");
    size_t p = 0;
    memcpy(cmd, header, 4); p = 4;
    cmd[p++] = blen + 10;
    memcpy(cmd + p, body, blen); p += blen;
    cmd[p++] = 0x8e; cmd[p++] = 8;
    memcpy(cmd + p, m->data, 8); p += 8;
    cmd[p++] = 0;
    size_t n = exchange(cmd, p, out, max);
    if (n < 14 || !EAC_increment_ssc(ctx)) die("short protected response");
    BUF_MEM *want = mac(ctx, NULL, 0, out, n - 10);
    if (!want || memcmp(want->data, out + n - 8, 8)) die("the response's MAC is wrong");
    return n - 10;
}

int main(int argc, char **argv)
{
    static const unsigned char select[] = {0x0c, 0xa4, 0x04, 0x0c}, aid[] = {0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01};
    static const unsigned char read[] = {0x0c, 0xb0, 0x9e, 0x00}, le[] = {0x97, 0x01, 0x08};
    unsigned char access[256], out[512], body[64];
    if (argc != 4) die("usage: terminal CARDACCESS-HEX CAN OID-HEX");
    EAC_init();
    EAC_CTX *ctx = EAC_CTX_new();
    if (!ctx || !EAC_CTX_init_ef_cardaccess(access, unhex(argv[1], access, sizeof access), ctx)) die("EF.CardAccess");
    pace(ctx, argv[2], argv[3]);

    if (!EAC_increment_ssc(ctx)) die("counter");
    BUF_MEM *secret = EAC_encrypt(ctx, EAC_add_iso_pad(ctx, buffer(aid, sizeof aid)));
    if (!secret || secret->length > 16) die("encryption");
    size_t block = secret->length; /* the AID takes one block of AES or one of 3DES */
    EAC_set_ssc(ctx, 0); /* protect counts the command itself */
    body[0] = 0x87; body[1] = block + 1; body[2] = 1;
    memcpy(body + 3, secret->data, block);
    protect(ctx, select, body, block + 3, out, sizeof out);
    size_t n = protect(ctx, read, le, sizeof le, out, sizeof out);
    if (n != 3 + 16 + 4 || out[0] != 0x87) die("bad protected data"); /* eight bytes and padding: one block or two */
    BUF_MEM *plain = EAC_remove_iso_pad(EAC_decrypt(ctx, buffer(out + 3, 16)));
    if (!plain) die("decryption");
    print("file ", (unsigned char *)plain->data, plain->length);
    return 0;
}
