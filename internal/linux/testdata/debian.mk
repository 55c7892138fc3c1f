# Programs from Debian's sources, as gcc makes them for x86-64-v3 and for x87: $(DIR)/v3/lua, $(DIR)/387/lua, ...
# Lists and sources are fetched by apt-get into $(DIR) from where the system's own packages come from, but for
# security updates, whose sources not every mirror has. "make programs-fp"
# of the project calls this.
DIR      ?= $(error DIR is not set)
PACKAGES := busybox lua5.4 zstd sqlite3
FLAGS_v3  := -O3 -march=x86-64-v3 -w
FLAGS_387 := -O3 -m32 -march=i686 -mfpmath=387 -w

all: $(foreach v,v3 387,$(foreach p,busybox lua zstd sqlite3,$(DIR)/$v/$p))

APT = apt-get -qq -o APT::Sandbox::User= -o Dir::Etc::sourcelist=$(DIR)/apt/sources.list -o Dir::Etc::sourceparts=$(DIR)/apt/parts \
	-o Dir::State::Lists=$(DIR)/apt/lists

# The sources are unpacked with Debian's changes into $(DIR)/PACKAGE.
$(DIR)/fetched:
	mkdir -p $(DIR)/apt/parts $(DIR)/apt/lists/partial
	cat /etc/apt/sources.list /dev/null 2>/dev/null | sed -n '/security/!s/^deb /deb-src /p' >$(DIR)/apt/sources.list
	for f in /etc/apt/sources.list.d/*.sources; do [ ! -f "$$f" ] || \
		awk -v RS= -v ORS='\n\n' '!/-security/' "$$f" | sed 's/^Types:.*/Types: deb-src/' >$(DIR)/apt/parts/$$(basename "$$f"); done
	$(APT) update
	cd $(DIR) && $(APT) source --download-only $(PACKAGES)
	cd $(DIR) && for dsc in *.dsc; do \
		name=$$(sed -n 's/^Source: //p' $$dsc); rm -rf "$$name"; dpkg-source --no-check -x $$dsc "$$name" >/dev/null || exit 1; done
	touch $@

# v3 or 387.
kind = $(notdir $(@D))

$(DIR)/%/lua: $(DIR)/fetched
	mkdir -p $(@D)
	echo '#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"' >$(DIR)/lua5.4/src/lua5.4-deb-multiarch.h
	cd $(DIR)/lua5.4/src && gcc $(FLAGS_$(kind)) -std=gnu99 -DLUA_USE_POSIX -static -o $@ $$(ls *.c | grep -v '^luac\.c$$') -lm

$(DIR)/%/zstd: $(DIR)/fetched
	mkdir -p $(@D)
	cd $(DIR)/libzstd && gcc $(FLAGS_$(kind)) -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_ -static -o $@ -Ilib -Ilib/common -Ilib/compress -Ilib/dictBuilder \
		lib/common/*.c lib/compress/*.c lib/decompress/*.c lib/decompress/*.S lib/dictBuilder/*.c programs/*.c

$(DIR)/sqlite3/made/sqlite3.c: $(DIR)/fetched
	mkdir -p $(@D)
	cd $(@D) && ../configure --disable-tcl >/dev/null && $(MAKE) -s sqlite3.c shell.c >/dev/null

$(DIR)/%/sqlite3: $(DIR)/sqlite3/made/sqlite3.c
	mkdir -p $(@D)
	cd $(DIR)/sqlite3/made && gcc $(FLAGS_$(kind)) -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_THREADSAFE=0 -DSQLITE_ENABLE_MATH_FUNCTIONS -static -o $@ -I. sqlite3.c shell.c -lm

# Busybox with the applets that the test runs.
APPLETS := AWK BC CKSUM CRC32 DC EXPR FACTOR GZIP GUNZIP BZIP2 BUNZIP2 UNXZ MD5SUM SHA1SUM SHA256SUM SHA512SUM SHA3SUM OD HEXDUMP PRINTF SED SEQ SORT TR WC XXD \
	FEATURE_AWK_LIBM FEATURE_BC_BIG FEATURE_SORT_BIG FEATURE_SEQ LFS STATIC INCLUDE_SUSv2

$(DIR)/%/busybox: $(DIR)/fetched
	mkdir -p $(@D) $(DIR)/build-$(kind)
	cd $(DIR)/busybox && $(MAKE) -s O=$(DIR)/build-$(kind) allnoconfig >/dev/null
	cd $(DIR)/build-$(kind) && for a in $(APPLETS); do sed -i "s/^# CONFIG_$$a is not set/CONFIG_$$a=y/" .config; done && \
		sed -i 's|^CONFIG_EXTRA_CFLAGS=.*|CONFIG_EXTRA_CFLAGS="$(FLAGS_$(kind))"|; s|^CONFIG_EXTRA_LDFLAGS=.*|CONFIG_EXTRA_LDFLAGS="$(filter -m32,$(FLAGS_$(kind)))"|' .config && \
		yes '' | $(MAKE) -s oldconfig >/dev/null && $(MAKE) -s busybox >/dev/null 2>&1
	cp $(DIR)/build-$(kind)/busybox $@
