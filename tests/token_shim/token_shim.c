/* A PKCS#11 module for the tests: passes everything on to the module of TOKEN_SHIM_MODULE, and lets
 * the file of TOKEN_SHIM_CONTROL say what goes wrong. One word and a number per line, read anew at
 * each call:
 *
 *   sign-delay MS      C_Sign takes so long, or until the line is gone
 *   sign-error CODE    C_Sign returns it
 *   init-error CODE    C_SignInit returns it
 *   garbage N          C_Sign turns over the bits of its last N octets
 *   short N            C_Sign leaves out the last N octets
 *   absent 1           there is no token in any slot; all sessions are lost
 *   renumber N         the slots have numbers that are N higher
 *   sessions N         more sessions than that are refused
 *   no-threads 1       C_Initialize cannot lock
 *   logout 1           sessions say that nobody is logged in
 *
 * Every C_Login leaves a line in <control>.logins, every C_Initialize one in <control>.starts,
 * every C_Sign one in <control>.signs. */
#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct ck_function_list *real;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long open_sessions;

/* -- what is wanted -- */

static unsigned long wanted(const char *word)
{
	const char *path = getenv("TOKEN_SHIM_CONTROL");
	FILE *file = path ? fopen(path, "re") : NULL;
	char name[32];
	unsigned long number, found = 0;

	if (!file)
		return 0;
	while (fscanf(file, "%31s %li", name, (long *)&number) == 2)
		if (strcmp(name, word) == 0)
			found = number;
	fclose(file);
	return found;
}

static void leave_line(const char *kind)
{
	char path[4096];

	snprintf(path, sizeof path, "%s.%s", getenv("TOKEN_SHIM_CONTROL"), kind);
	FILE *file = fopen(path, "ae");
	if (!file)
		return;
	fprintf(file, "%d\n", (int)getpid());
	fclose(file);
}

/* Ends early when it is not wanted any more. */
static void be_slow(void)
{
	const struct timespec moment = { .tv_nsec = 20 * 1000000 };

	for (unsigned long slept = 0; slept < wanted("sign-delay"); slept += 20)
		nanosleep(&moment, NULL);
}

static ck_slot_id_t real_slot(ck_slot_id_t slot)
{
	return slot - wanted("renumber");
}

/* -- the calls that differ -- */

static ck_rv_t initialize(void *arguments)
{
	leave_line("starts");
	if (wanted("no-threads") && arguments)
		return CKR_CANT_LOCK;
	pthread_mutex_lock(&lock);
	open_sessions = 0;
	pthread_mutex_unlock(&lock);
	return real->C_Initialize(arguments);
}

static ck_rv_t get_slot_list(unsigned char present, ck_slot_id_t *slots, unsigned long *count)
{
	ck_rv_t code = real->C_GetSlotList(present, slots, count);

	if (wanted("absent"))
		*count = 0;
	for (unsigned long i = 0; slots && code == CKR_OK && i < *count; i++)
		slots[i] += wanted("renumber");
	return code;
}

static ck_rv_t get_token_info(ck_slot_id_t slot, struct ck_token_info *info)
{
	return wanted("absent") ? CKR_TOKEN_NOT_PRESENT
				: real->C_GetTokenInfo(real_slot(slot), info);
}

static ck_rv_t open_session(ck_slot_id_t slot, ck_flags_t flags, void *application,
			    ck_notify_t notify, ck_session_handle_t *session)
{
	unsigned long max = wanted("sessions");

	if (wanted("absent"))
		return CKR_TOKEN_NOT_PRESENT;
	pthread_mutex_lock(&lock);
	unsigned char refused = max && open_sessions >= max;
	open_sessions += !refused;
	pthread_mutex_unlock(&lock);
	return refused ? CKR_SESSION_COUNT
		       : real->C_OpenSession(real_slot(slot), flags, application, notify, session);
}

static ck_rv_t close_session(ck_session_handle_t session)
{
	pthread_mutex_lock(&lock);
	open_sessions -= open_sessions > 0;
	pthread_mutex_unlock(&lock);
	return real->C_CloseSession(session);
}

static ck_rv_t get_session_info(ck_session_handle_t session, struct ck_session_info *info)
{
	if (wanted("absent"))
		return CKR_SESSION_HANDLE_INVALID;
	ck_rv_t code = real->C_GetSessionInfo(session, info);
	if (wanted("logout"))
		info->state = CKS_RO_PUBLIC_SESSION;
	return code;
}

static ck_rv_t login(ck_session_handle_t session, ck_user_type_t user, unsigned char *pin,
		     unsigned long len)
{
	leave_line("logins");
	return real->C_Login(session, user, pin, len);
}

static ck_rv_t sign_init(ck_session_handle_t session, struct ck_mechanism *mechanism,
			 ck_object_handle_t key)
{
	unsigned long error = wanted("init-error");

	if (wanted("absent"))
		return CKR_DEVICE_REMOVED;
	return error ? error : real->C_SignInit(session, mechanism, key);
}

static ck_rv_t sign(ck_session_handle_t session, unsigned char *message, unsigned long len,
		    unsigned char *signature, unsigned long *signature_len)
{
	unsigned long error = wanted("sign-error"), garbage = wanted("garbage"),
		      cut = wanted("short");

	leave_line("signs");
	be_slow();
	ck_rv_t code = real->C_Sign(session, message, len, signature, signature_len);
	if (error)
		return error;
	for (unsigned long i = 0; i < garbage && i < *signature_len; i++)
		signature[*signature_len - 1 - i] ^= 0xff;
	*signature_len -= cut < *signature_len ? cut : *signature_len;
	return code;
}

/* -- the module -- */

static struct ck_function_list shim;

static void *find_real(void)
{
	void *library = dlopen(getenv("TOKEN_SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get_list;
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;

	memcpy(&get_list, &symbol, sizeof get_list);
	if (!symbol || get_list(&real) != CKR_OK)
		return NULL;
	return real;
}

ck_rv_t C_GetFunctionList(struct ck_function_list **ret)
{
	if (!find_real())
		return CKR_GENERAL_ERROR;
	shim = *real;
	shim.C_Initialize = initialize;
	shim.C_GetSlotList = get_slot_list;
	shim.C_GetTokenInfo = get_token_info;
	shim.C_OpenSession = open_session;
	shim.C_CloseSession = close_session;
	shim.C_GetSessionInfo = get_session_info;
	shim.C_Login = login;
	shim.C_SignInit = sign_init;
	shim.C_Sign = sign;
	*ret = &shim;
	return CKR_OK;
}
