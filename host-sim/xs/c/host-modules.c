/*
 * Modules: found, loaded and compiled from source; host functions bound to `@ "name"`; frozen for the shared root.
 */
#include "thimble.h"

#define mxParserBufferSize (64 * 1024)
#define mxParserTableModulo 1993

/* Resolution and sources come from the host. */

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char specifier[C_PATH_MAX];
	txString importer = (moduleID == XS_NO_ID) ? "" : fxGetKeyName(the, moduleID);
	char* name;
	txID result;
	fxToStringBuffer(the, slot, specifier, sizeof(specifier));
	name = importFindModule(the->identifier, specifier, c_strlen(specifier), importer, c_strlen(importer));
	if (!name)
		return XS_NO_ID;
	result = fxNewNameC(the, name);
	c_free(name);
	return result;
}

typedef struct { const char* bytes; txU4 offset; txU4 length; } txSource;

static int readSource(void* stream)
{
	txSource* source = stream;
	return (source->offset < source->length) ? (txU1)source->bytes[source->offset++] : C_EOF;
}

static char gError[512];

static void reportError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	txSize length;
	if (gError[0])
		return;
	length = snprintf(gError, sizeof(gError), "%s:%d: ", path ? path : "?", (int)line);
	if (length < (txSize)sizeof(gError))
		vsnprintf(gError + length, sizeof(gError) - length, format, arguments);
}

static void reportWarning(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
}

/* `map` is a source map with one source, or empty; with it lines are those of the original. */
static txScript* compile(txMachine* the, txString path, txSource* text, txSource* map, txUnsigned flags)
{
	txParser parser;
	txParserJump jump;
	txScript* volatile script = C_NULL;
	gError[0] = 0;
	fxInitializeParser(&parser, the, mxParserBufferSize, mxParserTableModulo);
	parser.reportError = reportError;
	parser.reportWarning = reportWarning;
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		txString name = C_NULL;
		parser.path = fxNewParserSymbol(&parser, path);
		fxParserTree(&parser, text, readSource, flags, C_NULL);
		if (map->length && (parser.errorCount == 0)) {
			fxParserSourceMap(&parser, map, readSource, flags, &name);
			if (name)
				parser.path = fxNewParserSymbol(&parser, name);
		}
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	fxTerminateParser(&parser);
	if (gError[0] && script) {
		fxDeleteScript(script);
		script = C_NULL;
	}
	return script;
}

/* The array of host functions of the module that is being run for the first time. */
static txS1* gHosts = C_NULL;

static void buildHosts(txMachine* the)
{
	txS1* p = gHosts;
	txID count;
	mxDecodeID(p, count);
	mxPushInteger(count);
	mxPushInteger(1);
	mxPush(mxArrayPrototype);
	fxNewArrayInstance(the);
	fxArrayCacheBegin(the, the->stack);
	while (count--) {
		txInteger length = *p++;
		txID name;
		mxDecodeID(p, name);
		(void)name;
		if (length >= 0) {
			txU4 index = importBind(the->identifier, (char*)p, c_strlen((char*)p));
			if (!index)
				mxReferenceError("host function \"%s\" not found", (char*)p);
			fxNewHostFunction(the, hostFunction, length, XS_NO_ID, (txInteger)index);
		}
		else
			fxNewHostObject(the, hostDestructor);
		fxArrayCacheItem(the, the->stack + 1, the->stack);
		mxPop();
		p += c_strlen((char*)p) + 1;
	}
	fxArrayCacheEnd(the, the->stack);
	mxPullSlot(mxResult);
	the->stack += 2;
}

/* The host answers with { source length, map length, is native, source..., map... }. */
void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	txString path = fxGetKeyName(the, moduleID);
	txU4* answer = importLoadModule(the->identifier, path, c_strlen(path));
	txSource text, map;
	txScript* script;
	if (!answer)
		return;
	text.bytes = (const char*)(answer + 3);
	text.offset = 0;
	text.length = answer[0];
	map.bytes = text.bytes + text.length;
	map.offset = 0;
	map.length = answer[1];
	script = compile(the, path, &text, &map, (answer[2] ? mxCFlag : 0) | (txUnsigned)the->debugFlags);
	c_free(answer);
	if (!script)
		mxSyntaxError("%s", gError[0] ? gError : path);
	if (script->hostsBuffer) {
		gHosts = script->hostsBuffer;
		script->callback = buildHosts;
	}
	fxResolveModule(the, module, moduleID, script, C_NULL, C_NULL);
}

/* Size of the bytecode as the compiler of the SDK writes it (without lines): { code bytes, symbol bytes }, or 0 on error. */
EXPORT(measureModule) txU4 measureModule(txMachine* the, const char* path, const char* source, txU4 length, txU4* sizes)
{
	txSource text = { source, 0, length };
	txSource map = { C_NULL, 0, 0 };
	txScript* script = compile(the, (txString)path, &text, &map, mxCFlag);
	if (!script) {
		messageClear(&gResult);
		messageText(&gResult, gError);
		return 0;
	}
	sizes[0] = (txU4)script->codeSize;
	sizes[1] = (txU4)script->symbolsSize;
	fxDeleteScript(script);
	return 1;
}

static void import(txMachine* the, void* data)
{
	mxPushStringC((txString)data);
	fxAwaitImport(the, XS_IMPORT_NAMESPACE);
	messageU4(&gResult, (txU4)hostRetain(the, the->stack));
	mxPop();
}

/* The result is a reference to the namespace. */
EXPORT(importModule) int importModule(txMachine* the, char* specifier)
{
	return hostTurn(the, import, specifier);
}

/* Freezing: what preload and the linker do to everything that goes to flash. */

static void freezeProperties(txSlot* instance)
{
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

/* Instances that cannot be aliased by a device: they are frozen whether the program asked for it or not. */
static txBoolean isFrozenByLinking(txSlot* instance)
{
	txSlot* internal = instance->next;
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return 0;
	switch (internal->kind) {
	case XS_CALLBACK_KIND: case XS_CALLBACK_X_KIND: case XS_CODE_KIND: case XS_CODE_X_KIND:
	case XS_MAP_KIND: case XS_SET_KIND: case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND: case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND: case XS_DATA_VIEW_KIND: case XS_TYPED_ARRAY_KIND:
	case XS_PROMISE_KIND: case XS_PROXY_KIND: case XS_REGEXP_KIND:
		return 1;
	case XS_CLOSURE_KIND:
		return internal->value.closure->kind == XS_FINALIZATION_REGISTRY_KIND;
	default:
		return internal->ID == XS_ENVIRONMENT_BEHAVIOR;
	}
}

static txBoolean isFunction(txSlot* instance)
{
	return mxIsFunction(instance);
}

static void freezePrototypeOf(txMachine* the, txSlot* constructor)
{
	txSlot* property;
	for (property = constructor->next; property; property = property->next)
		if ((property->ID == mxID(_prototype)) && (property->kind == XS_REFERENCE_KIND))
			freezeProperties(property->value.reference);
}

static txBoolean isFrozen(txMachine* the, txSlot* instance)
{
	txSlot* property;
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return 0;
	for (property = instance->next; property; property = property->next) {
		if (property->flag & XS_INTERNAL_FLAG) {
			if (property->kind == XS_ARRAY_KIND) {
				txSlot* item = property->value.array.address;
				txIndex length = fxGetIndexSize(the, property);
				for (; length > 0; item++, length--)
					if (((item->kind != XS_ACCESSOR_KIND) && !(item->flag & XS_DONT_SET_FLAG)) || !(item->flag & XS_DONT_DELETE_FLAG))
						return 0;
			}
		}
		else if (((property->kind != XS_ACCESSOR_KIND) && !(property->flag & XS_DONT_SET_FLAG)) || !(property->flag & XS_DONT_DELETE_FLAG))
			return 0;
	}
	return 1;
}

/* The contents of a frozen instance go to flash too: private fields, buffers, tables, dates. */
static void petrify(txSlot* instance)
{
	txSlot* property;
	for (property = instance->next; property && (property->flag & XS_INTERNAL_FLAG); property = property->next) {
		if (property->kind == XS_PRIVATE_KIND) {
			txSlot* field;
			for (field = property->value.private.first; field; field = field->next) {
				if (field->kind != XS_ACCESSOR_KIND)
					field->flag |= XS_DONT_SET_FLAG;
				field->flag |= XS_DONT_DELETE_FLAG;
			}
		}
		property->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
	}
}

static void forEachInstance(txMachine* the, void (*visit)(txMachine*, txSlot*))
{
	txSlot* heap;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* slot;
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			(*visit)(the, slot);
	}
}

/* Built-ins that stay open, in ascending order: slots never move. Test tools replace built-ins; no board lets them. */
static txSlot** gOpen = C_NULL;
static txU4 gOpenCount = 0;

static int compareAddresses(const void* a, const void* b)
{
	txSlot* first = *(txSlot**)a;
	txSlot* second = *(txSlot**)b;
	return (first > second) - (first < second);
}

static txBoolean isOpen(txSlot* instance)
{
	return gOpen && bsearch(&instance, gOpen, gOpenCount, sizeof(txSlot*), compareAddresses) != C_NULL;
}

static void countInstance(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		gOpenCount++;
}

static void keepInstanceOpen(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		gOpen[gOpenCount++] = slot;
}

static void forEachInstance(txMachine* the, void (*visit)(txMachine*, txSlot*));

/* To be called before anything is preloaded. */
EXPORT(keepBuiltInsOpen) void keepBuiltInsOpen(txMachine* the)
{
	forEachInstance(the, countInstance);
	gOpen = c_malloc(gOpenCount * sizeof(txSlot*));
	gOpenCount = 0;
	forEachInstance(the, keepInstanceOpen);
	c_qsort(gOpen, gOpenCount, sizeof(txSlot*), compareAddresses);
}

static void freezeInstance(txMachine* the, txSlot* slot)
{
	if ((slot->kind == XS_INSTANCE_KIND) && isFrozenByLinking(slot) && !isOpen(slot)) {
		freezeProperties(slot);
		if (isFunction(slot) && (slot->flag & XS_CAN_CONSTRUCT_FLAG))
			freezePrototypeOf(the, slot);
		if (slot->next->kind == XS_PROMISE_KIND)
			freezeProperties(slot->next->next->value.reference);
	}
}

static void finishInstance(txMachine* the, txSlot* slot)
{
	if ((slot->kind == XS_INSTANCE_KIND) && isFrozen(the, slot))
		petrify(slot);
	else if (slot->kind == XS_CLOSURE_KIND) {
		txSlot* closure = slot->value.closure;
		if ((closure->kind == XS_REFERENCE_KIND) && isFunction(closure->value.reference))
			closure->flag |= XS_DONT_SET_FLAG;
	}
}

void freezeForSharing(txMachine* the)
{
	txInteger index;
	fxCollectGarbage(the);
	/* Free slots still have the kind of what they were only in appearance: the collector has set them to undefined. */
	for (index = XS_SYMBOL_ID_COUNT; index < mxEmptyCodeStackIndex; index++) {
		txSlot* slot = &the->stackTop[-1 - index];
		if ((index > mxInstanceInspectorsStackIndex) && (index != mxCompartmentGlobalStackIndex) && (slot->kind == XS_REFERENCE_KIND)
			&& (slot->value.reference != mxGlobal.value.reference) && !isOpen(slot->value.reference))
			freezeProperties(slot->value.reference);
	}
	forEachInstance(the, freezeInstance);
	forEachInstance(the, finishInstance);
}
