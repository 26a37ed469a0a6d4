/*
 * The platform under XS: WebAssembly in the hands of a host that owns time, chance, sources and output.
 * XS includes this file by its own switch (-DXSPLATFORM). It has no threads, no files, no sockets and no clock.
 */
#ifndef __THIMBLE_XS_PLATFORM__
#define __THIMBLE_XS_PLATFORM__

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#undef mxLittleEndian
#define mxLittleEndian 1
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

typedef struct sxHostReference txHostReference;

/* What one machine has beyond XS's own fields. */
#define mxMachinePlatform \
	uint32_t identifier;			/* what the host calls this machine */ \
	int abortStatus;				/* -1 while alive, else the code that fxAbort got */ \
	int depth;						/* turns under way: more than one when a host function calls back in */ \
	int promiseJobs;				/* jobs wait for the end of the turn */ \
	int debugConnected; \
	int debugFlags;					/* mxDebugFlag when modules are compiled with lines */ \
	double meterTotal;				/* work of all ended turns */ \
	uint32_t meterLimit;			/* work allowed in one turn, 0 for any */ \
	double collections;				/* XS's own counter has 16 bits */ \
	uint16_t collectionsSeen; \
	uint8_t* arena;					/* a `static` creation: chunks grow from below, slots from above */ \
	uint8_t* arenaChunks; \
	uint8_t* arenaSlots; \
	txHostReference* references;	/* values the host holds */ \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultCStackLimit 0

#define C_PATH_MAX 512

/* Output: only what programs trace and what XS reports. */
extern void hostReport(const char* format, va_list arguments);
extern void hostReportMark(const char* format);
#define c_vprintf(FORMAT, ARGUMENTS) hostReport(FORMAT, ARGUMENTS)
/* XS brackets each exception that it reports with c_printf("...exception: ") and c_printf("!\n"); see host.c. */
#define c_printf(FORMAT, ...) hostReportMark(FORMAT)

/* Time and chance belong to the host. The time zone is UTC. */
extern void hostGetTimeOfDay(struct timeval* tv);
#define c_gettimeofday(TV, TZ) hostGetTimeOfDay(TV)
#define c_timezone timezone
typedef struct timeval c_timeval;
#define c_localtime gmtime
#define c_mktime timegm
extern uint32_t hostRandom32(void);
#define c_rand hostRandom32
#define C_RAND_MAX 0xFFFFFFFFu

#endif
