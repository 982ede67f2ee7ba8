/* A chip's side of PACE made of OpenPACE (libeac): another implementation that our terminal opens.
 *
 * usage: chip CARDACCESS-HEX CAN
 * Commands come on standard input and responses go to standard output, one hexadecimal line each. After PACE every protected
 * command whose MAC is right is answered with the eight bytes "OpenPACE" under secure messaging; a wrong MAC with 6988.
 */
#include <eac/eac.h>
#include <eac/pace.h>
#include <openssl/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what) { fprintf(stderr, "chip: %s\n", what); exit(2); }

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

static void answer(const unsigned char *data, size_t len, unsigned int sw)
{
    for (size_t i = 0; i < len; i++) printf("%02x", data[i]);
    printf("%04x\n", sw);
    fflush(stdout);
}

/* head writes tag and length. */
static size_t head(unsigned char *out, unsigned char tag, size_t len)
{
    size_t p = 0;
    out[p++] = tag;
    if (len > 127) out[p++] = 0x81;
    out[p++] = len;
    return p;
}

/* object answers with one object inside 7C. */
static void object(unsigned char tag, const BUF_MEM *v)
{
    unsigned char out[300];
    if (!v || v->length > 200) die("nothing to answer");
    size_t inner = v->length + (v->length > 127 ? 3 : 2), p = head(out, 0x7c, inner);
    p += head(out + p, tag, v->length);
    memcpy(out + p, v->data, v->length);
    answer(out, p + v->length, 0x9000);
}

/* inside gives the value of the object inside 7C. */
static BUF_MEM *inside(const unsigned char *cmd)
{
    const unsigned char *p = cmd + 5;
    p += p[1] == 0x81 ? 3 : 2;
    if (p[1] == 0x81) return buffer(p + 3, p[2]);
    return buffer(p + 2, p[1]);
}

static BUF_MEM *mac(EAC_CTX *ctx, const unsigned char *header, const unsigned char *body, size_t blen)
{
    unsigned char m[600];
    size_t n = 0;
    for (int i = header ? 0 : 1; i < 2; i++) {
        if (i && !blen) continue;
        BUF_MEM *padded = EAC_add_iso_pad(ctx, i ? buffer(body, blen) : buffer(header, 4));
        if (!padded || n + padded->length > sizeof m) die("padding");
        memcpy(m + n, padded->data, padded->length);
        n += padded->length;
    }
    return EAC_authenticate(ctx, buffer(m, n));
}

static void protected(EAC_CTX *ctx, const unsigned char *cmd)
{
    unsigned char out[64];
    size_t len = cmd[4], p = 0;
    if (len < 10 || !EAC_increment_ssc(ctx)) die("short protected command");
    BUF_MEM *want = mac(ctx, cmd, cmd + 5, len - 10);
    if (!want || want->length != 8 || memcmp(want->data, cmd + 5 + len - 8, 8)) { answer(NULL, 0, 0x6988); return; }
    if (!EAC_increment_ssc(ctx)) die("counter");
    BUF_MEM *secret = EAC_encrypt(ctx, EAC_add_iso_pad(ctx, buffer((const unsigned char *)"OpenPACE", 8)));
    if (!secret || secret->length != 16) die("encryption");
    p = head(out, 0x87, 17);
    out[p++] = 1;
    memcpy(out + p, secret->data, 16); p += 16;
    memcpy(out + p, "\x99\x02\x90\x00", 4); p += 4;
    BUF_MEM *m = mac(ctx, NULL, out, p);
    if (!m || m->length != 8) die("mac");
    p += head(out + p, 0x8e, 8);
    memcpy(out + p, m->data, 8);
    answer(out, p + 8, 0x9000);
}

int main(int argc, char **argv)
{
    unsigned char access[256], cmd[600];
    char line[2048];
    BUF_MEM *theirs = NULL;
    if (argc != 3) die("usage: chip CARDACCESS-HEX CAN");
    EAC_init();
    EAC_CTX *ctx = EAC_CTX_new();
    if (!ctx || !EAC_CTX_init_ef_cardaccess(access, unhex(argv[1], access, sizeof access), ctx)) die("EF.CardAccess");
    PACE_SEC *sec = PACE_SEC_new(argv[2], strlen(argv[2]), PACE_CAN);
    if (!sec) die("password");
    while (fgets(line, sizeof line, stdin)) {
        if (unhex(line, cmd, sizeof cmd) < 5) die("short command");
        if (cmd[0] & 0x0c) { protected(ctx, cmd); continue; }
        if (cmd[1] == 0x22) { answer(NULL, 0, 0x9000); continue; }
        unsigned char tag = cmd[6] == 0 ? 0 : cmd[6] == 0x81 ? cmd[8] : cmd[7];
        switch (tag) {
        case 0:
            object(0x80, PACE_STEP1_enc_nonce(ctx, sec));
            break;
        case 0x81: {
            BUF_MEM *own = PACE_STEP3A_generate_mapping_data(ctx);
            if (!PACE_STEP3A_map_generator(ctx, inside(cmd))) die("mapping");
            object(0x82, own);
            break;
        }
        case 0x83: {
            BUF_MEM *own = PACE_STEP3B_generate_ephemeral_key(ctx);
            theirs = inside(cmd);
            if (!PACE_STEP3B_compute_shared_secret(ctx, theirs) || !PACE_STEP3C_derive_keys(ctx)) die("key agreement");
            object(0x84, own);
            break;
        }
        case 0x85: {
            BUF_MEM *own = PACE_STEP3D_compute_authentication_token(ctx, theirs);
            if (PACE_STEP3D_verify_authentication_token(ctx, inside(cmd)) != 1) { answer(NULL, 0, 0x6300); break; }
            if (!EAC_CTX_set_encryption_ctx(ctx, EAC_ID_PACE)) die("secure messaging");
            object(0x86, own);
            break;
        }
        default:
            die("unknown step");
        }
    }
    return 0;
}
