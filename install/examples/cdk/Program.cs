using Amazon.CDK;

namespace Packages;

public static class Program
{
    public static void Main()
    {
        var app = new App();
        var stack = new PackagesStack(app, "Packages");
        _ = new PackagesNetwork(stack, "Network");
        app.Synth();
    }
}
