// What differs between the versions of the library that are known.
#ifndef TRAPLINE_VERSION_H
#define TRAPLINE_VERSION_H

#include <unicorn/unicorn.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define VERSION TEXT(UC_API_MAJOR) "." TEXT(UC_API_MINOR) "." TEXT(UC_API_PATCH)

#if UC_API_MAJOR == 2 && UC_API_MINOR == 0 && UC_API_PATCH == 1 // Debian 12
#define KNOWN_VERSION 1
enum {
	CTX_DATA = 16,   // uc_context.data
	CTX_HEADER = 16, // bytes of uc_context_size beside the data
	UC_CPU = 0x180,  // uc_struct.cpu
	UC_RAM_LIST = 0x258, // uc_struct.ram_list.blocks
	UC_TCG = 0x2c0,  // uc_struct.tcg_ctx
};
#else // 2.1.1, Debian 13
#define KNOWN_VERSION (UC_API_MAJOR == 2 && UC_API_MINOR == 1 && UC_API_PATCH == 1)
enum {
	CTX_DATA = 20,
	CTX_HEADER = 24,
	UC_CPU = 0x1a0,
	UC_RAM_LIST = 0x280,
	UC_TCG = 0x2e8,
};
#endif

enum {
	CPU_ENV = 0x128,       // CPUState.env_ptr
	ENV_FEATURES = 0x15e0, // CPUX86State.features: what CPUID tells, and the translator knows
};

#endif
