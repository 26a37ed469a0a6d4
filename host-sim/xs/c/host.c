/*
 * Machines, turns and statistics.
 *
 * A turn is one entry from JavaScript into a machine. What XS aborts with (memory full, stack overflow, too much
 * computation...) ends the turn and the machine: XS is never entered again with that machine, it can only be deleted.
 */
#include "thimble.h"

txMachine* gCurrent = C_NULL;
txMessage gResult = { C_NULL, 0, 0 };
static txU4 gIdentifier = 0;
static int gMuted = 0;

EXPORT(allocate) void* allocate(txU4 size) { return c_malloc(size); }
EXPORT(release) void release(void* address) { c_free(address); }
EXPORT(resultAddress) txU1* resultAddress(void) { return gResult.bytes; }
EXPORT(resultLength) txU4 resultLength(void) { return gResult.length; }

/* Output, time, chance */

void hostReportMark(const char* format)
{
	gMuted = c_strstr(format, "exception: ") != C_NULL;
}

void hostReport(const char* format, va_list arguments)
{
	static char buffer[4096];
	va_list copy;
	int length;
	char* text = buffer;
	if (gMuted) {
		gMuted = 0;
		return;
	}
	va_copy(copy, arguments);
	length = vsnprintf(buffer, sizeof(buffer), format, copy);
	va_end(copy);
	if (length >= (int)sizeof(buffer)) {
		text = c_malloc(length + 1);
		if (!text)
			return;
		vsnprintf(text, length + 1, format, arguments);
	}
	importReport(gCurrent ? gCurrent->identifier : 0, text, length);
	if (text != buffer)
		c_free(text);
}

void hostGetTimeOfDay(struct timeval* tv)
{
	double milliseconds = importDate(gCurrent ? gCurrent->identifier : 0);
	double seconds = c_floor(milliseconds / 1000);
	tv->tv_sec = (time_t)seconds;
	tv->tv_usec = (suseconds_t)((milliseconds - (seconds * 1000)) * 1000);
}

uint32_t hostRandom32(void)
{
	return (uint32_t)(importRandom(gCurrent ? gCurrent->identifier : 0) * 4294967295.0);
}

/* The C stack lies at the bottom of the memory (wasm-ld --stack-first); XS must stop before it meets address 0. */
char* fxCStackLimit(void)
{
	return (char*)(32 * 1024);
}

static txCreation* gCreation = C_NULL;

void fxCreateMachinePlatform(txMachine* the)
{
	the->identifier = gIdentifier;
	the->abortStatus = -1;
	if (gCreation->staticSize > 0) {
		the->arena = c_malloc(gCreation->staticSize);
		the->arenaChunks = the->arena;
		the->arenaSlots = the->arena + (gCreation->staticSize & ~15);
	}
}

void fxDeleteMachinePlatform(txMachine* the)
{
	hostReleaseAll(the);
}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

/* Machines */

EXPORT(createMachine) txMachine* createMachine(txU4 identifier, txCreation* creation, const char* name, txU4 debugFlags)
{
	txMachine* the;
	gIdentifier = identifier;
	gCreation = creation;
	the = fxCreateMachine(creation, (txString)name, C_NULL, XS_NO_ID);
	if (the)
		the->debugFlags = debugFlags ? mxDebugFlag : 0;
	return the;
}

EXPORT(cloneMachine) txMachine* cloneMachine(txU4 identifier, txCreation* creation, txMachine* root, const char* name)
{
	txMachine* the;
	gIdentifier = identifier;
	gCreation = creation;
	creation->nameModulo = root->nameModulo;
	creation->symbolModulo = root->symbolModulo;
	the = fxCloneMachine(creation, root, (txString)name, C_NULL);
	if (the) {
		the->debugFlags = root->debugFlags;
		the->onBreak = debugReportException;
		the->meterIndex = 0;
	}
	return the;
}

EXPORT(deleteMachine) void deleteMachine(txMachine* the)
{
	uint8_t* arena = the->arena;
	the->depth = 0;
	gCurrent = the;
	fxDeleteMachine(the);
	gCurrent = C_NULL;
	c_free(arena);
}

/* Turns */

static txBoolean meterExceeded(txMachine* the, txU4 index)
{
	return 0;
}

static void countCollections(txMachine* the)
{
	the->collections += (uint16_t)(the->garbageCollectionCount - the->collectionsSeen);
	the->collectionsSeen = the->garbageCollectionCount;
}

static void runPromiseJobs(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
}

int hostTurn(txMachine* the, txWork work, void* data)
{
	txMachine* formerMachine = gCurrent;
	txJump* formerJump = the->firstJump;
	volatile int status = TURN_ABORTED;
	if (the->abortStatus >= 0)
		return TURN_ABORTED;
	gCurrent = the;
	messageClear(&gResult);
	if (the->depth++ == 0) {
		the->meterIndex = 0;
		the->meterCallback = meterExceeded;
		the->meterCount = the->meterInterval = the->meterLimit;
	}
	/* The turn catches its own aborts, so that an abort never unwinds the JavaScript frames between two turns. */
	the->firstJump = C_NULL;
	{
		mxTry(the) {
			fxBeginHost(the);
			{
				mxTry(the) {
					(*work)(the, data);
					status = TURN_OK;
				}
				mxCatch(the) {
					messageClear(&gResult);
					encodeException(the, &gResult);
					status = TURN_THREW;
				}
			}
			if (the->depth == 1)
				runPromiseJobs(the);
			fxEndHost(the);
			if (the->depth == 1)
				runPromiseJobs(the);
		}
		mxCatch(the) {
		}
	}
	the->firstJump = formerJump;
	countCollections(the);
	if (--the->depth == 0) {
		the->meterTotal += the->meterIndex;
		the->meterIndex = 0;
	}
	gCurrent = formerMachine;
	return (the->abortStatus >= 0) ? TURN_ABORTED : status;
}

void fxAbort(txMachine* the, int status)
{
	if (the->abortStatus < 0) {
		the->abortStatus = status;
		debugReportAbort(the, status);
		messageClear(&gResult);
		if ((status == XS_UNHANDLED_EXCEPTION_EXIT) || (status == XS_UNHANDLED_REJECTION_EXIT)) {
			/* Describing the reason may itself run out of something; then the code must do. */
			encodeException(the, &gResult);
		}
	}
	if (!the->firstJump)
		__builtin_trap();
	fxExitToHost(the);
}

static void collect(txMachine* the, void* data)
{
	fxCollectGarbage(the);
}

EXPORT(collectGarbage) int collectGarbage(txMachine* the) { return hostTurn(the, collect, C_NULL); }

static void nothing(txMachine* the, void* data)
{
}

EXPORT(runJobs) int runJobs(txMachine* the) { return hostTurn(the, nothing, C_NULL); }
EXPORT(setMeterLimit) void setMeterLimit(txMachine* the, txU4 limit) { the->meterLimit = limit; }
EXPORT(abortStatus) int abortStatus(txMachine* the) { return the->abortStatus; }
EXPORT(slotByteLength) txU4 slotByteLength(void) { return sizeof(txSlot); }

/* 18 numbers in the order of MachineStatistics (machine.ts). */
EXPORT(statistics) void statistics(txMachine* the, double* values)
{
	countCollections(the);
	values[0] = the->currentHeapCount;
	values[1] = the->peakHeapCount;
	values[2] = the->maximumHeapCount;
	values[3] = the->currentChunksSize;
	values[4] = the->peakChunksSize;
	values[5] = the->maximumChunksSize;
	values[6] = the->keyIndex - the->keyOffset;
	values[7] = the->keyCount - the->keyOffset;
	values[8] = the->stackTop - the->stack;
	values[9] = the->stackTop - the->stackPeak;
	values[10] = the->stackTop - the->stackBottom;
	values[11] = the->collections;
	values[12] = the->meterTotal + the->meterIndex;
	values[13] = the->loadedModulesCount;
	values[14] = the->aliasCount;
	values[15] = the->arena ? the->arenaSlots - the->arenaChunks : 0;
	values[16] = the->depth;
	values[17] = the->promiseJobs;
}

/* The peaks count from here on. */
EXPORT(resetPeaks) void resetPeaks(txMachine* the)
{
	the->peakHeapCount = the->currentHeapCount;
	the->peakChunksSize = the->currentChunksSize;
	the->stackPeak = the->stack;
}
