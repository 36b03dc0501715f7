/* The checks of `bestow doctor`, each of one link; what it found stands in `words`. */
#pragma once

#include "bestow/memory.h"
#include "bestow/session.h"
#include "est_client/url.h"

struct examination {
	const struct options *options;
	struct memory memory;
	struct session session;
	struct est_url url;
	struct pair current; /* moved into the session once its credential is looked at */
	struct bestow_attributes *attributes;
	char words[512];
	bool is_warning; /* it works, but look at it */
	bool renews;
};

/* What the configuration itself has wrong shows here. */
MUST_CHECK bool examination_begin(struct examination *examination, struct bestow_error *err);
void examination_done(struct examination *examination);

bool check_name(struct examination *examination, struct bestow_error *err);
bool check_connection(struct examination *examination, struct bestow_error *err);
bool check_tls(struct examination *examination, struct bestow_error *err);
bool check_trust(struct examination *examination, struct bestow_error *err);
bool check_clock(struct examination *examination, struct bestow_error *err);
bool check_key(struct examination *examination, struct bestow_error *err);
bool check_csrattrs(struct examination *examination, struct bestow_error *err);
bool check_credential(struct examination *examination, struct bestow_error *err);
bool check_rehearsal(struct examination *examination, struct bestow_error *err);
