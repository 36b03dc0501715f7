#include "config/setting.h"

#include <stdio.h>
#include <string.h>

#define PROBLEMS_MAX 100 /* more help nobody */

void problem_add(struct config_problems *problems, const struct config_setting *where,
		 const char *format, ...)
{
	struct config_problem problem = { .line = where->line, .column = where->column };
	va_list args;

	struct config_problem *grown =
		problems->count < PROBLEMS_MAX
			? reallocarray(problems->items, problems->count + 1, sizeof *grown)
			: NULL;
	if (!grown) {
		problems->more = true;
		return;
	}
	problems->items = grown;
	va_start(args, format);
	vsnprintf(problem.words, sizeof problem.words, format, args);
	va_end(args);
	problem.file = strdup(where->file ? where->file : "");
	snprintf(problem.key, sizeof problem.key, "%s",
		 where->key ? where->key->name : (where->text ? where->text : ""));
	problems->items[problems->count++] = problem;
}

static void print_text(const char *text, struct buffer *to)
{
	/* a hostile file must not steer the terminal */
	for (; *text; text++)
		buffer_append_byte(to, (unsigned char)*text < 0x20 || *text == 0x7f
					       ? '?'
					       : (unsigned char)*text);
}

static void print_problem(const struct config_problem *problem, struct buffer *to)
{
	print_text(problem->file ? problem->file : "?", to);
	if (problem->line)
		buffer_printf(to, ":%u", problem->line);
	if (problem->column)
		buffer_printf(to, ":%u", problem->column);
	buffer_append_text(to, ": ");
	if (problem->key[0]) {
		print_text(problem->key, to);
		buffer_append_text(to, ": ");
	}
	print_text(problem->words, to);
	buffer_append_byte(to, '\n');
}

void config_problems_print(const struct config_problems *problems, struct buffer *to)
{
	for (size_t i = 0; i < problems->count; i++)
		print_problem(&problems->items[i], to);
	if (problems->more)
		buffer_append_text(to, "... and more\n");
}

void config_problems_done(struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->items[i].file);
	free(problems->items);
	*problems = (struct config_problems){ 0 };
}
