#include "test.h"

#include <string.h>

#include "api/asset.h"

TEST(gzip_is_sent_only_to_who_takes_it)
{
	assert_false(asset_gzip_accepted(NULL));
	assert_false(asset_gzip_accepted(""));
	assert_false(asset_gzip_accepted("identity"));
	assert_false(asset_gzip_accepted("gzip;q=0"));
	assert_false(asset_gzip_accepted("br, gzip; q=0.000"));
	assert_false(asset_gzip_accepted("gzipped"));
	assert_false(asset_gzip_accepted(", , ;"));
	assert_true(asset_gzip_accepted("gzip"));
	assert_true(asset_gzip_accepted("deflate, GZIP ;q=0.5 , br"));
	assert_true(asset_gzip_accepted("br;q=1.0, gzip"));
}

TEST(there_is_a_page_and_every_other_file_is_named_by_its_content)
{
	assert_null(asset_find(""));
	assert_null(asset_find("/../index.html"));
	assert_null(asset_find("/index.html"));
	const struct asset *page = asset_find("/");
	assert_non_null(page);
	assert_false(page->is_immutable);
	for (size_t i = 0; i < asset_count; i++) {
		assert_true(&asset_table[i] == page || asset_table[i].is_immutable);
		assert_true(asset_table[i].plain.len > 0 && asset_table[i].gzip.len > 0);
		assert_string_not_equal(asset_table[i].tag, asset_table[i].gzip_tag);
	}
}

TEST_MAIN(RUN(gzip_is_sent_only_to_who_takes_it),
	  RUN(there_is_a_page_and_every_other_file_is_named_by_its_content))
