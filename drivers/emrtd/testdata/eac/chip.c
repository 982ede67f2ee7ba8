/* A chip's side of PACE and of chip authentication made of OpenPACE (libeac): another implementation that our terminal opens.
 *
 * usage: chip CARDACCESS-HEX CAN
 *        chip ca OBJECT-IDENTIFIER DOMAIN-PARAMETERS
 * Commands come on standard input and responses go to standard output, one hexadecimal line each. After PACE every protected
 * command whose MAC is right is answered with the eight bytes "OpenPACE" under secure messaging; a wrong MAC with 6988.
 * For chip authentication GET DATA gives the chip's public key; the protocol begins without a session.
 */
#include <eac/eac.h>
#include <eac/pace.h>
#include <openssl/buffer.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
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
    if (len > 255) { out[p++] = 0x82; out[p++] = len >> 8; }
    else if (len > 127) out[p++] = 0x81;
    out[p++] = len;
    return p;
}

/* object answers with one object inside 7C. */
static void object(unsigned char tag, const BUF_MEM *v)
{
    unsigned char out[600], in[600];
    size_t n, p;
    if (!v || v->length > 520) die("nothing to answer");
    n = head(in, tag, v->length);
    memcpy(in + n, v->data, v->length);
    p = head(out, 0x7c, n + v->length);
    memcpy(out + p, in, n + v->length);
    answer(out, p + n + v->length, 0x9000);
}

/* open_object reads a header and moves p behind it. */
static unsigned char open_object(const unsigned char **p, size_t *len)
{
    unsigned char tag = *(*p)++, n = *(*p)++;
    *len = n;
    if (n == 0x81) *len = *(*p)++;
    if (n == 0x82) { *len = (*p)[0] << 8 | (*p)[1]; *p += 2; }
    return tag;
}

/* inside gives tag and value of the object inside 7C, tag 0 when it is empty. */
static unsigned char inside(const unsigned char *cmd, BUF_MEM **v)
{
    const unsigned char *p = cmd + (cmd[4] ? 5 : 7);
    size_t len;
    if (open_object(&p, &len) != 0x7c) die("no dynamic authentication data");
    if (!len) return 0;
    unsigned char tag = open_object(&p, &len);
    *v = buffer(p, len);
    return tag;
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

/* derive is the key derivation of Doc 9303-11 9.7.1; libeac itself has that of chip authentication version 2 only. */
static BUF_MEM *derive(const KA_CTX *ka, const BUF_MEM *z, unsigned char counter, int size)
{
    unsigned char in[600] = {0}, out[EVP_MAX_MD_SIZE];
    if (z->length > sizeof in - 4) die("secret too long");
    memcpy(in, z->data, z->length);
    in[z->length + 3] = counter;
    if (EVP_Digest(in, z->length + 4, out, NULL, ka->md, NULL) != 1) die("digest");
    return buffer(out, size);
}

/* agree makes the session keys of a terminal's public key. */
static void agree(EAC_CTX *ctx, const BUF_MEM *theirs)
{
    KA_CTX *ka = ctx->ca_ctx->ka_ctx;
    BUF_MEM *z = ka->compute_key(ka->key, theirs, NULL);
    if (!z) die("key agreement");
    ka->shared_secret = z;
    ka->k_enc = derive(ka, z, 1, ka->enc_keylen);
    ka->k_mac = derive(ka, z, 2, ka->mac_keylen);
    if (!EAC_CTX_set_encryption_ctx(ctx, EAC_ID_CA)) die("secure messaging");
}

/* chip_authentication answers GET DATA, MSE:Set KAT (3DES), MSE:Set AT with GENERAL AUTHENTICATE (AES), and protected commands. */
static int chip_authentication(const char *oid, const char *parameters)
{
    unsigned char cmd[1200];
    char line[4096];
    EAC_init();
    EAC_CTX *ctx = EAC_CTX_new();
    if (!ctx || !EAC_CTX_init_ca(ctx, OBJ_txt2nid(oid), atoi(parameters))) die("protocol");
    KA_CTX *ka = ctx->ca_ctx->ka_ctx;
    BUF_MEM *own = ka->generate_key(ka->key, NULL), *in = NULL;
    if (!own) die("key");
    while (fgets(line, sizeof line, stdin)) {
        if (unhex(line, cmd, sizeof cmd) < 5) die("short command");
        if (cmd[0] & 0x0c) protected(ctx, cmd);
        else if (cmd[1] == 0xca) answer((const unsigned char *)own->data, own->length, 0x9000);
        else if (cmd[1] == 0x22 && cmd[3] == 0xa6) {
            const unsigned char *p = cmd + (cmd[4] ? 5 : 7);
            size_t len;
            if (open_object(&p, &len) != 0x91) die("no key");
            answer(NULL, 0, 0x9000);
            agree(ctx, buffer(p, len));
        } else if (cmd[1] == 0x22) answer(NULL, 0, 0x9000);
        else {
            if (inside(cmd, &in) != 0x80) die("no key");
            answer((const unsigned char *)"\x7c\x00", 2, 0x9000);
            agree(ctx, in);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    unsigned char access[256], cmd[1200];
    char line[4096];
    BUF_MEM *theirs = NULL, *in = NULL;
    if (argc == 4 && !strcmp(argv[1], "ca")) return chip_authentication(argv[2], argv[3]);
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
        switch (inside(cmd, &in)) {
        case 0:
            object(0x80, PACE_STEP1_enc_nonce(ctx, sec));
            break;
        case 0x81: {
            BUF_MEM *own = PACE_STEP3A_generate_mapping_data(ctx);
            if (!PACE_STEP3A_map_generator(ctx, in)) die("mapping");
            object(0x82, own);
            break;
        }
        case 0x83: {
            BUF_MEM *own = PACE_STEP3B_generate_ephemeral_key(ctx);
            theirs = in;
            if (!PACE_STEP3B_compute_shared_secret(ctx, theirs) || !PACE_STEP3C_derive_keys(ctx)) die("key agreement");
            object(0x84, own);
            break;
        }
        case 0x85: {
            BUF_MEM *own = PACE_STEP3D_compute_authentication_token(ctx, theirs);
            if (PACE_STEP3D_verify_authentication_token(ctx, in) != 1) { answer(NULL, 0, 0x6300); break; }
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
