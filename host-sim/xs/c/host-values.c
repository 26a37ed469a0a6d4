/*
 * Values between XS and JavaScript: one tag byte, then the value, little-endian, unaligned. values.ts is the other half.
 * Plain data is copied. Functions and other objects become references, which the host must release.
 * The bytes of buffers are not copied: JavaScript sees them in place, during the call only.
 */
#include "thimble.h"

#define mxMaximumDepth 8
#define mxPendingViews 16

/* Where the addresses of buffers must be written once nothing can move them any more. */
static struct { txU4 offset; txSlot* instance; } gViews[mxPendingViews];
static int gViewCount = 0;

void forgetViews(void) { gViewCount = 0; }

/* XS to JavaScript */

static txBoolean isPlain(txMachine* the, txSlot* instance)
{
	txSlot* prototype = instance->value.instance.prototype;
	return !(instance->flag & XS_EXOTIC_FLAG) && (!prototype || (prototype == mxObjectPrototype.value.reference))
		&& !(instance->next && (instance->next->flag & XS_INTERNAL_FLAG));
}

static void encodeReference(txMachine* the, txMessage* message, txSlot* slot)
{
	messageByte(message, TAG_REFERENCE);
	messageU4(message, (txU4)hostRetain(the, slot));
	messageByte(message, (txU1)fxIsCallable(the, slot));
}

static void encodeBuffer(txMachine* the, txMessage* message, txU1 tag, txSlot* bufferInstance, txInteger offset, txInteger size)
{
	txSlot* buffer = bufferInstance->next;
	if (gViewCount == mxPendingViews)
		mxRangeError("more than %d buffers in one call", mxPendingViews);
	if (size < 0)
		size = buffer->next->value.bufferInfo.length - offset;
	messageByte(message, tag);
	gViews[gViewCount].offset = message->length;
	gViews[gViewCount++].instance = bufferInstance;
	messageU4(message, (txU4)offset);
	messageU4(message, (txU4)size);
}

void resolveViews(txMessage* message)
{
	while (gViewCount > 0) {
		txU4 offset, address;
		txU1* p = message->bytes + gViews[--gViewCount].offset;
		txSlot* buffer = gViews[gViewCount].instance->next;
		c_memcpy(&offset, p, 4);
		if (buffer->kind == XS_HOST_KIND)
			address = (txU4)buffer->value.host.data + offset;
		else
			address = (txU4)buffer->value.arrayBuffer.address + offset;
		c_memcpy(p, &address, 4);
	}
}

static void encodeProperties(txMachine* the, txMessage* message, txSlot* slot, int depth)
{
	txSlot* instance = slot->value.reference;
	txSlot* at = fxNewInstance(the);
	txU4 countOffset;
	txU4 count = 0;
	mxBehaviorOwnKeys(the, instance, XS_EACH_NAME_FLAG, at);
	messageByte(message, TAG_OBJECT);
	countOffset = message->length;
	messageU4(message, 0);
	while ((at = at->next)) {
		if (at->value.at.id != XS_NO_ID) {
			txString name = fxGetKeyName(the, at->value.at.id);
			messageText(message, name);
			mxPushReference(instance);
			mxGetID(at->value.at.id);
			/* ECMA-419: `target` is handed back, never looked into. */
			if (!c_strcmp(name, "target") && (the->stack->kind == XS_REFERENCE_KIND))
				encodeReference(the, message, the->stack);
			else
				encodeValue(the, message, the->stack, depth + 1);
			mxPop();
			count++;
		}
	}
	mxPop();
	c_memcpy(message->bytes + countOffset, &count, 4);
}

static void encodeArray(txMachine* the, txMessage* message, txSlot* slot, int depth)
{
	txU4 length, index;
	mxPushSlot(slot);
	mxGetID(mxID(_length));
	length = fxToUnsigned(the, the->stack);
	mxPop();
	messageByte(message, TAG_ARRAY);
	messageU4(message, length);
	for (index = 0; index < length; index++) {
		mxPushSlot(slot);
		mxGetIndex(index);
		encodeValue(the, message, the->stack, depth + 1);
		mxPop();
	}
}

static void encodeObject(txMachine* the, txMessage* message, txSlot* slot, int depth)
{
	txSlot* instance = slot->value.reference;
	txSlot* internal = (instance->next && (instance->next->flag & XS_INTERNAL_FLAG)) ? instance->next : C_NULL;
	txU4 handle = hostObjectHandle(slot);
	if (handle) {
		messageByte(message, TAG_HOST_OBJECT);
		messageU4(message, handle);
	}
	else if (internal && ((internal->kind == XS_ARRAY_BUFFER_KIND) || ((internal->kind == XS_HOST_KIND) && internal->next && (internal->next->kind == XS_BUFFER_INFO_KIND))))
		encodeBuffer(the, message, TAG_ARRAY_BUFFER, instance, 0, -1);
	else if (internal && (internal->kind == XS_TYPED_ARRAY_KIND) && (internal->next->next->kind == XS_REFERENCE_KIND))
		encodeBuffer(the, message, TAG_VIEW, internal->next->next->value.reference, internal->next->value.dataView.offset, internal->next->value.dataView.size);
	else if (internal && (internal->kind == XS_DATA_VIEW_KIND) && (internal->next->kind == XS_REFERENCE_KIND))
		encodeBuffer(the, message, TAG_VIEW, internal->next->value.reference, internal->value.dataView.offset, internal->value.dataView.size);
	else if (depth >= mxMaximumDepth)
		encodeReference(the, message, slot);
	else if (internal && (internal->kind == XS_ARRAY_KIND))
		encodeArray(the, message, slot, depth);
	else if (isPlain(the, instance))
		encodeProperties(the, message, slot, depth);
	else
		encodeReference(the, message, slot);
}

void encodeValue(txMachine* the, txMessage* message, txSlot* slot, int depth)
{
	switch (slot->kind) {
	case XS_NULL_KIND: messageByte(message, TAG_NULL); break;
	case XS_BOOLEAN_KIND: messageByte(message, slot->value.boolean ? TAG_TRUE : TAG_FALSE); break;
	case XS_INTEGER_KIND: messageByte(message, TAG_INTEGER); messageU4(message, (txU4)slot->value.integer); break;
	case XS_NUMBER_KIND: messageByte(message, TAG_NUMBER); messageNumber(message, slot->value.number); break;
	case XS_STRING_KIND:
	case XS_STRING_X_KIND: messageByte(message, TAG_STRING); messageText(message, slot->value.string); break;
	case XS_REFERENCE_KIND: encodeObject(the, message, slot, depth); break;
	case XS_BIGINT_KIND:
	case XS_BIGINT_X_KIND:
		mxPushSlot(slot);
		messageByte(message, TAG_BIGINT);
		messageText(message, fxToString(the, the->stack));
		mxPop();
		break;
	case XS_SYMBOL_KIND: messageByte(message, TAG_SYMBOL); break;
	default: messageByte(message, TAG_UNDEFINED); break;
	}
}

static void encodeErrorProperty(txMachine* the, txMessage* message, txSlot* error, txString name)
{
	messageText(message, name);
	mxPushSlot(error);
	mxGetID(fxID(the, name));
	if (the->stack->kind == XS_REFERENCE_KIND)
		messageByte(message, TAG_UNDEFINED);
	else
		encodeValue(the, message, the->stack, mxMaximumDepth);
	mxPop();
}

/* What was thrown, as { text, name, message, stack, code }; errors while looking at it are not reported. */
void encodeException(txMachine* the, txMessage* message)
{
	volatile int complete = 0;
	mxTry(the) {
		txSlot* error;
		mxPush(mxException);
		mxException = mxUndefined;
		error = the->stack;
		messageByte(message, TAG_OBJECT);
		messageU4(message, (error->kind == XS_REFERENCE_KIND) ? 5 : 1);
		messageText(message, "text");
		messageByte(message, TAG_STRING);
		mxPushSlot(error);
		messageText(message, (error->kind == XS_SYMBOL_KIND) ? "a symbol" : fxToString(the, the->stack));
		mxPop();
		if (error->kind == XS_REFERENCE_KIND) {
			encodeErrorProperty(the, message, error, "name");
			encodeErrorProperty(the, message, error, "message");
			encodeErrorProperty(the, message, error, "stack");
			encodeErrorProperty(the, message, error, "code");
		}
		mxPop();
		complete = 1;
	}
	mxCatch(the) {
	}
	if (!complete)
		messageClear(message);
}

/* JavaScript to XS: pushes one value, returns the byte behind it. */

txU4 readU4(const txU1* p)
{
	txU4 value;
	c_memcpy(&value, p, 4);
	return value;
}

static const txU1* decodeText(txMachine* the, const txU1* p)
{
	txU4 length = readU4(p);
	mxPushUndefined();
	the->stack->value.string = fxNewChunk(the, length + 1);
	c_memcpy(the->stack->value.string, p + 4, length);
	the->stack->value.string[length] = 0;
	the->stack->kind = XS_STRING_KIND;
	return p + 4 + length;
}

static const txU1* decodeBuffer(txMachine* the, const txU1* p, txBoolean view)
{
	txU4 length = readU4(p);
	if (view) {
		mxPush(mxUint8ArrayConstructor);
		mxNew();
	}
	mxPushUndefined();
	fxArrayBuffer(the, the->stack, (void*)(p + 4), (txInteger)length, -1);
	if (view)
		mxRunCount(1);
	return p + 4 + length;
}

static const txU1* decodeProperties(txMachine* the, const txU1* p)
{
	txU4 count = readU4(p);
	txSlot* object;
	p += 4;
	mxPush(mxObjectPrototype);
	fxNewObjectInstance(the);
	object = the->stack;
	while (count--) {
		txID id;
		p = decodeText(the, p);
		id = fxNewName(the, the->stack);
		mxPop();
		p = decodeValue(the, p);
		mxPushSlot(object);
		mxSetID(id);
		mxPop();
	}
	return p;
}

static const txU1* decodeArray(txMachine* the, const txU1* p)
{
	txU4 length = readU4(p), index;
	txSlot* array;
	p += 4;
	mxPush(mxArrayPrototype);
	fxNewArrayInstance(the);
	array = the->stack;
	for (index = 0; index < length; index++) {
		p = decodeValue(the, p);
		mxPushSlot(array);
		mxSetIndex(index);
		mxPop();
	}
	return p;
}

const txU1* decodeValue(txMachine* the, const txU1* p)
{
	double number;
	switch (*p++) {
	case TAG_NULL: mxPushNull(); return p;
	case TAG_FALSE: mxPushBoolean(0); return p;
	case TAG_TRUE: mxPushBoolean(1); return p;
	case TAG_INTEGER: mxPushInteger((txInteger)readU4(p)); return p + 4;
	case TAG_NUMBER: c_memcpy(&number, p, 8); mxPushNumber(number); return p + 8;
	case TAG_STRING: return decodeText(the, p);
	case TAG_ARRAY_BUFFER: return decodeBuffer(the, p, 0);
	case TAG_VIEW: return decodeBuffer(the, p, 1);
	case TAG_REFERENCE: mxPushSlot(&((txHostReference*)readU4(p))->slot); return p + 4;
	case TAG_ARRAY: return decodeArray(the, p);
	case TAG_OBJECT: return decodeProperties(the, p);
	default: mxPushUndefined(); return p;
	}
}
