// What NuGet's own library says to files: for each path of a line on standard input, the path, and in
// the next line `ok` with the sources' names and values, or when it failed and why, with tabs between.
// The library is loaded from the SDK that the first argument names, so this needs no reference to it.

using System;
using System.Collections;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;

static class Judge
{
    static Assembly library;

    static void Main(string[] arguments)
    {
        var sdk = arguments[0];
        AppDomain.CurrentDomain.AssemblyResolve += (sender, wanted) =>
        {
            var file = Path.Combine(sdk, new AssemblyName(wanted.Name).Name + ".dll");
            return File.Exists(file) ? Assembly.LoadFrom(file) : null;
        };
        library = Assembly.LoadFrom(Path.Combine(sdk, "NuGet.Configuration.dll"));
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
        for (var path = Console.In.ReadLine(); path != null; path = Console.In.ReadLine())
        {
            output.WriteLine(path);
            output.WriteLine(Verdict(path));
        }
        output.Flush();
    }

    static string Verdict(string path)
    {
        var stage = "read";
        try
        {
            var settings = Call("Settings", "LoadSpecificSettings", null,
                Path.GetDirectoryName(path), Path.GetFileName(path));
            stage = "list";
            var provider = Activator.CreateInstance(Named("PackageSourceProvider"), settings);
            var text = new StringBuilder("ok");
            foreach (var source in (IEnumerable)Call("PackageSourceProvider", "LoadPackageSources", provider))
            {
                text.Append('\t').Append(Escaped(Property(source, "Name")));
                text.Append('\t').Append(Escaped(Property(source, "Source")));
            }
            // What else a restore reads.
            stage = "restore";
            Call("PackageSourceProvider", "LoadAuditSources", provider);
            var mapping = Call("PackageSourceMapping", "GetPackageSourceMapping", null, settings);
            if ((bool)Property(mapping, "IsEnabled"))
            {
                Call("PackageSourceMapping", "GetConfiguredPackageSources", mapping, "A.B");
            }
            Call("SettingsUtility", "GetGlobalPackagesFolder", null, settings);
            Call("SettingsUtility", "GetFallbackPackageFolders", null, settings);
            foreach (var section in new[] { "config", "packageSourceCredentials", "clientCertificates", "trustedSigners" })
            {
                Call("Settings", "GetSection", settings, section);
            }
            return text.ToString();
        }
        catch (Exception error)
        {
            while (error is TargetInvocationException) error = error.InnerException;
            return stage + '\t' + Escaped(error.Message);
        }
    }

    static Type Named(string name)
    {
        return library.GetType("NuGet.Configuration." + name, true);
    }

    static object Property(object of, string name)
    {
        return of.GetType().GetProperty(name).GetValue(of, null);
    }

    // A method with as many parameters as there are values.
    static object Call(string type, string name, object target, params object[] values)
    {
        var all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        var method = Named(type).GetMethods(all).First(it => it.Name == name
            && it.IsStatic == (target == null)
            && it.GetParameters().Length == values.Length
            && it.GetParameters().Zip(values, (parameter, value) => parameter.ParameterType.IsInstanceOfType(value))
                .All(fits => fits));
        return method.Invoke(target, values);
    }

    static string Escaped(object text)
    {
        return ((string)text).Replace("\\", "\\\\").Replace("\t", "\\t").Replace("\n", "\\n").Replace("\r", "\\r");
    }
}
