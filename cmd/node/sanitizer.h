/* Nothing in a release build; what the sanitizers need of a process that is locked in. */
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BESTOW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BESTOW_SANITIZED 1
#endif
#endif

#ifdef BESTOW_SANITIZED
#define SANITIZER_CALLS                                                                            \
	CALL(sigaltstack), CALL(readlink), CALL(prctl), CALL(sched_getaffinity), CALL(getrusage),  \
		CALL(getrlimit), CALL(prlimit64),
#else
#define SANITIZER_CALLS
#endif
