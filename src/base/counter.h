/* A number that one side counts up and another reads, also across processes: relaxed, so that
 * counting costs next to nothing and orders nothing. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct counter {
	atomic_uint_fast64_t value;
};

static inline void counter_add(struct counter *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

/* For what goes up and down. */
static inline void counter_set(struct counter *counter, uint64_t value)
{
	atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counter *counter)
{
	return atomic_load_explicit(&counter->value, memory_order_relaxed);
}
