/* What the files of the host share. `host` functions are imported from JavaScript, EXPORTed ones are called by it. */
#ifndef __THIMBLE__
#define __THIMBLE__

#include "xsAll.h"
#include "xsScript.h"

#define EXPORT(NAME) __attribute__((export_name(#NAME)))
#define IMPORT(NAME) __attribute__((import_module("host"), import_name(#NAME)))

/* How a turn ended. */
enum { TURN_OK = 0, TURN_THREW, TURN_ABORTED };

/* A value that the host holds on to; it is a root of the garbage collector until released. */
struct sxHostReference {
	txSlot slot;
	txMachine* machine;
	txHostReference* next;
	txHostReference* previous;
};

/* A growing sequence of bytes. */
typedef struct {
	txU1* bytes;
	txU4 length;
	txU4 capacity;
} txMessage;

typedef void (*txWork)(txMachine* the, void* data);

/* Imports. Strings are UTF-8, given as address and length. Addresses returned come from `allocate`, or are 0. */
extern IMPORT(report) void importReport(txU4 identifier, const char* text, txU4 length);
extern IMPORT(date) double importDate(txU4 identifier);
extern IMPORT(random) double importRandom(txU4 identifier);
extern IMPORT(findModule) char* importFindModule(txU4 identifier, const char* specifier, txU4 specifierLength, const char* importer, txU4 importerLength);
extern IMPORT(loadModule) txU4* importLoadModule(txU4 identifier, const char* name, txU4 length);
extern IMPORT(bind) txU4 importBind(txU4 identifier, const char* name, txU4 length);
extern IMPORT(call) txU1* importCall(txU4 identifier, txU4 function, txU4 instance, txU4 construct, const txU1* message, txU4 length);
extern IMPORT(drop) void importDrop(txU4 identifier, txU4 handle);
extern IMPORT(debugConnect) txU4 importDebugConnect(txU4 identifier);
extern IMPORT(debugDisconnect) void importDebugDisconnect(txU4 identifier);
extern IMPORT(debugReadable) txU4 importDebugReadable(txU4 identifier);
extern IMPORT(debugReceive) txU4 importDebugReceive(txU4 identifier, char* buffer, txU4 size);
extern IMPORT(debugSend) void importDebugSend(txU4 identifier, const char* buffer, txU4 size);

/* host.c */
extern txMachine* gCurrent;
extern txMessage gResult;
extern int hostTurn(txMachine* the, txWork work, void* data);

/* host-message.c */
extern void messageClear(txMessage* message);
extern void messageByte(txMessage* message, txU1 value);
extern void messageU4(txMessage* message, txU4 value);
extern void messageNumber(txMessage* message, double value);
extern void messageText(txMessage* message, const char* text);

/* host-reference.c */
extern txHostReference* hostRetain(txMachine* the, txSlot* slot);
extern void hostReleaseAll(txMachine* the);
extern void hostDestructor(void* data);
extern void* newHostObject(txMachine* the, txU4 handle);
/* 0 when the value is no host object, or its host side is gone. */
extern txU4 hostObjectHandle(txSlot* slot);

/* host-values.c */
enum {
	TAG_UNDEFINED, TAG_NULL, TAG_FALSE, TAG_TRUE, TAG_INTEGER, TAG_NUMBER, TAG_STRING, TAG_ARRAY_BUFFER, TAG_VIEW,
	TAG_REFERENCE, TAG_ARRAY, TAG_OBJECT, TAG_HOST_OBJECT, TAG_THIS, TAG_BIGINT, TAG_SYMBOL
};

extern void encodeValue(txMachine* the, txMessage* message, txSlot* slot, int depth);
extern void encodeException(txMachine* the, txMessage* message);
extern const txU1* decodeValue(txMachine* the, const txU1* p);
extern txU4 readU4(const txU1* p);
/* The values encoded since are complete: the addresses of their buffers can be written. */
extern void resolveViews(txMessage* message);
extern void forgetViews(void);

/* host-calls.c */
extern void hostFunction(txMachine* the);

/* host-debug.c */
extern void debugReportAbort(txMachine* the, int status);
extern void debugReportException(txMachine* the, txU1 stop);

/* host-modules.c */
extern void freezeForSharing(txMachine* the);

#endif
