/* Calls in both directions: host functions that a machine calls, and functions of a machine that JavaScript calls. */
#include "thimble.h"

/* Host functions: methods that device modules declare with `@ "name"` */

static void throwFromHost(txMachine* the, const txU1* p)
{
	txU1 error = *p++;
	mxPush(mxErrorPrototypes(error));
	mxGetID(mxID(_constructor));
	mxNew();
	decodeValue(the, p);
	mxRunCount(1);
	mxPull(mxException);
	fxJump(the);
}

static void encodeArguments(txMachine* the, txMessage* message)
{
	txInteger index, count = mxArgc;
	mxTry(the) {
		forgetViews();
		messageU4(message, (txU4)count);
		for (index = 0; index < count; index++)
			encodeValue(the, message, mxArgv(index), 0);
		resolveViews(message);
	}
	mxCatch(the) {
		forgetViews();
		c_free(message->bytes);
		fxJump(the);
	}
}

static void bindThis(txMachine* the, txU4 handle)
{
	txSlot* host = mxThis->value.reference->next;
	if (!host || (host->kind != XS_HOST_KIND))
		mxTypeError("no host object");
	host->value.host.data = newHostObject(the, handle);
	*mxResult = *mxThis;
}

/* result: 0 and a value, or the kind of an error and its message. */
static void applyResult(txMachine* the, txU1* result)
{
	mxTry(the) {
		if (result[0])
			throwFromHost(the, result);
		else if (result[1] == TAG_THIS)
			bindThis(the, readU4(result + 2));
		else {
			decodeValue(the, result + 1);
			mxPullSlot(mxResult);
		}
	}
	mxCatch(the) {
		c_free(result);
		fxJump(the);
	}
	c_free(result);
}

void hostFunction(txMachine* the)
{
	txMessage message = { C_NULL, 0, 0 };
	txSlot* home = mxFunctionInstanceHome(mxFunction->value.reference);
	txBoolean construct = mxTarget->kind != XS_UNDEFINED_KIND;
	txU1* result;
	encodeArguments(the, &message);
	result = importCall(the->identifier, home->ID, hostObjectHandle(mxThis), construct, message.bytes, message.length);
	c_free(message.bytes);
	/* The host function may have called back into this machine, and that may have ended it. */
	if (the->abortStatus >= 0)
		fxExitToHost(the);
	if (result)
		applyResult(the, result);
}

/* During a host function: holds on to its `this`. */
EXPORT(retainThis) txHostReference* retainThis(txMachine* the)
{
	return hostRetain(the, mxThis);
}

static void createObject(txMachine* the, void* data)
{
	fxNewHostObject(the, hostDestructor);
	the->stack->value.reference->next->value.host.data = newHostObject(the, *(txU4*)data);
	messageU4(&gResult, (txU4)hostRetain(the, the->stack));
	mxPop();
}

/* A new object that stands for something of the host's; the result is a reference to it. */
EXPORT(createHostObject) int createHostObject(txMachine* the, txU4 handle)
{
	return hostTurn(the, createObject, &handle);
}

/* The object's host side is gone (closed): its destructor has nothing left to do. Returns the handle that it had. */
EXPORT(unbindReference) txU4 unbindReference(txHostReference* reference)
{
	txU4 handle = hostObjectHandle(&reference->slot);
	if (handle) {
		txSlot* host = reference->slot.value.reference->next;
		c_free(host->value.host.data);
		host->value.host.data = C_NULL;
	}
	return handle;
}

/* Calls from JavaScript */

typedef struct { txHostReference* function; txHostReference* instance; const txU1* message; txU4 flags; } txCallData;

static void encodeResult(txMachine* the)
{
	forgetViews();
	encodeValue(the, &gResult, the->stack, 0);
	resolveViews(&gResult);
	mxPop();
}

static void call(txMachine* the, void* data)
{
	txCallData* it = data;
	const txU1* p = it->message;
	txU4 count = readU4(p), index;
	if (it->instance)
		mxPushSlot(&it->instance->slot);
	else
		mxPushUndefined();
	mxPushSlot(&it->function->slot);
	mxCall();
	p += 4;
	for (index = 0; index < count; index++)
		p = decodeValue(the, p);
	mxRunCount((txInteger)count);
	if (it->flags)
		encodeResult(the);
	else
		mxPop();
}

/* flags: 1 when the result is wanted. `message`: number of arguments, arguments. */
EXPORT(callFunction) int callFunction(txMachine* the, txHostReference* function, txHostReference* instance, const txU1* message, txU4 flags)
{
	txCallData data = { function, instance, message, flags };
	return hostTurn(the, call, &data);
}

typedef struct { txHostReference* reference; txString name; } txGetData;

static void get(txMachine* the, void* data)
{
	txGetData* it = data;
	mxPushSlot(&it->reference->slot);
	mxGetID(fxID(the, it->name));
	encodeResult(the);
}

EXPORT(getProperty) int getProperty(txMachine* the, txHostReference* reference, txString name)
{
	txGetData data = { reference, name };
	return hostTurn(the, get, &data);
}
